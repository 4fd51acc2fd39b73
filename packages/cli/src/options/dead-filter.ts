import type { DeadLetterFilter } from '@redpost/queue';
import { InvalidArgumentError, Option } from 'commander';
import { moment } from './option-parsers.js';

const help =
  'only those with reason=, error= (a part of it), fingerprint=, key=, id=, since= or until= (repeatable)';

/** `--filter name=value`, which may be repeated: then all of them apply. */
export function filterOption(): Option {
  return new Option('--filter <name=value>', help).argParser(filter);
}

function filter(text: string, before: DeadLetterFilter = {}): DeadLetterFilter {
  const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  switch (name) {
    case 'reason':
    case 'error':
    case 'fingerprint':
    case 'key':
    case 'id':
      return { ...before, [name]: value };
    case 'since':
    case 'until':
      return { ...before, [name]: new Date(moment(value)) };
    default:
      throw new InvalidArgumentError(
        'Write a name and a value, such as reason=failed or since=2030-01-31T12:00Z.',
      );
  }
}
