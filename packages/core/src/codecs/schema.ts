import type { StandardSchemaV1 } from '@standard-schema/spec';
import { shortened } from '../error-text.js';
import { ValidationError, type ValidationIssue } from '../errors.js';
import { isThenable } from '../runtime/is-thenable.js';
import type { Codec } from './codec.js';

/**
 * Any schema of the Standard Schema family: zod, valibot, arktype, …
 *
 * Source: https://standardschema.dev
 */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** Options without a schema: a received body is the value that the codec reads. */
export interface WithoutSchema<Body> {
  codec?: Codec<Body> | undefined;
  schema?: undefined;
}

/**
 * Options with a schema: the codec has to write the bodies that are sent, and may read any value, which the
 * schema checks.
 */
export interface WithSchema<Body, Input> {
  codec?: (Omit<Codec, 'encode'> & Pick<Codec<NoInfer<Input>>, 'encode'>) | undefined;
  schema: Schema<Input, Body>;
}

/**
 * The output of `schema` for `value`: a promise if the schema is asynchronous.
 *
 * @throws ValidationError (or rejects with it) when `value` does not fit.
 */
export function validate<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
): Output | Promise<Output> {
  const result = schema['~standard'].validate(value);
  // It may be a promise of another realm, or none of JavaScript's own.
  return isThenable(result) ? Promise.resolve(result).then(unwrap) : unwrap(result);
}

function unwrap<Output>(result: StandardSchemaV1.Result<Output>): Output {
  if (!result.issues) return result.value;
  const issues = result.issues.map(toIssue);
  const summary = issues
    .slice(0, 3)
    .map(({ path, message }) => (path ? `${path}: ${message}` : message))
    .join('; ');
  throw new ValidationError(`The body does not fit its schema: ${shortened(summary)}`, { issues });
}

function toIssue({ message, path = [] }: StandardSchemaV1.Issue): ValidationIssue {
  const keys = path.map((step) => String(typeof step === 'object' ? step.key : step));
  return { message, path: keys.join('.') };
}
