import { InvalidArgumentError, shown } from '@redpost/core';
import type { DashboardOptions } from '../options.js';
import { type Access, isRole, Rights } from './access.js';
import { isOfThisMachine, type Peer } from './this-machine.js';

/** Says what the one who asks may do; undefined if they may do nothing. */
export async function judge(
  request: Request,
  peer: Peer | undefined,
  { authorize, readOnly }: Pick<DashboardOptions, 'authorize' | 'readOnly'>,
): Promise<Rights | undefined> {
  if (!authorize) {
    const mayChange = readOnly === undefined ? isOfThisMachine(request, peer) : !readOnly;
    return new Rights({ role: mayChange ? 'destroy' : 'view' }, 'destroy');
  }
  const answer = await authorize(request);
  const access = accessOf(answer);
  if (!access) return undefined;
  const rights = new Rights(access, readOnly === true ? 'view' : 'destroy');
  return rights.isKnown ? rights : undefined;
}

function accessOf(answer: unknown): Access | undefined {
  if (answer === undefined || answer === null || answer === false) return undefined;
  if (isRole(answer)) return { role: answer };
  if (typeof answer !== 'object') throw wrongAnswer(answer);
  const access = answer as Access;
  if (access.role !== undefined && !isRole(access.role)) throw wrongAnswer(access.role);
  return access;
}

function wrongAnswer(answer: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `authorize() resolves to 'view', 'operate', 'destroy', an object with a role, or undefined, got ${shown(answer)}`,
  );
}
