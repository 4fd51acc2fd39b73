export interface ServerWarning {
  level: 'danger' | 'advice';
  text: string;
}

/** What of a server endangers messages, as docs/operating.md says it. */
export function serverWarnings(
  info: ReadonlyMap<string, string>,
  config: ReadonlyMap<string, string>,
): ServerWarning[] {
  const number = (name: string) => Number(info.get(name) ?? 0) || 0;
  const warnings: ServerWarning[] = [];
  const danger = (text: string) => warnings.push({ level: 'danger', text });
  const advice = (text: string) => warnings.push({ level: 'advice', text });

  const max = number('maxmemory');
  const policy = info.get('maxmemory_policy') ?? config.get('maxmemory-policy');
  if (max > 0 && policy !== undefined && policy !== 'noeviction') {
    danger(
      `maxmemory-policy is ${policy}: Redis may delete queues when memory is short. Set it to noeviction.`,
    );
  }
  if (max > 0 && number('used_memory') > 0.9 * max) {
    danger('More than 90 % of maxmemory is used: sends are about to be refused.');
  }
  if (max === 0)
    advice('maxmemory is not set: the operating system ends Redis when memory is short.');
  if (number('evicted_keys') > 0) {
    danger(
      `Redis has evicted ${info.get('evicted_keys')} keys since it was started: messages may be lost.`,
    );
  }
  const hasAof = number('aof_enabled') === 1;
  const saves = config.get('save');
  if (!hasAof && saves === '')
    danger('Nothing is stored on disk: a restart loses all messages. Set appendonly yes.');
  if (!hasAof && saves !== '' && info.size > 0) {
    advice(
      'Only snapshots are stored (RDB): a crash loses what came after the last one. Set appendonly yes.',
    );
  }
  if (hasAof && config.get('appendfsync') === 'no') {
    advice('appendfsync is no: a crash of the machine loses up to half a minute of messages.');
  }
  if (info.get('rdb_last_bgsave_status') === 'err')
    danger('The last snapshot failed: see the log of Redis.');
  if (info.get('aof_last_write_status') === 'err')
    danger('The last write to the AOF failed: is the disk full?');
  if (number('rejected_connections') > 0) {
    advice(`Redis has refused ${info.get('rejected_connections')} connections: see maxclients.`);
  }
  return warnings;
}
