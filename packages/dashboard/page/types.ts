/** What the API answers: see `/api/openapi.json`. */

export type Role = 'view' | 'operate' | 'destroy';
export type Attention = 'unreadable' | 'no-consumer' | 'dead' | 'old' | 'paused';

export interface Session {
  user: string;
  role?: Role;
  address: string;
  database: number;
  version: string;
}

export interface QueueRow {
  name: string;
  pending: number;
  active: number;
  delayed: number;
  dead: number;
  consumers: number;
  isPaused: boolean;
  ageMs?: number;
  inPerSecond?: number;
  outPerSecond?: number;
  sparkline: number[];
  attention: Attention[];
}

export interface Overview {
  at: string;
  rows: QueueRow[];
  found: number;
  totals: {
    queues: number;
    pending: number;
    active: number;
    delayed: number;
    dead: number;
    consumers: number;
    inPerSecond: number;
    outPerSecond: number;
    attention: number;
  };
}

export interface Rate {
  max: number;
  perMs: number;
  burst?: number;
}

export interface Limits {
  rate?: Rate;
  concurrency?: number;
  keyConcurrency?: number;
  keyRate?: Rate;
  keyWeights?: Record<string, number>;
  keyMaxLength?: number;
  agingMs?: number;
}

export interface QueueDetail {
  name: string;
  pending: number;
  active: number;
  delayed: number;
  dead: number;
  schedules: number;
  flows: number;
  consumers: number;
  ageMs?: number;
  byPriority?: number[];
  paused?: { since: string; reason?: string; until?: string };
  limitedUntil?: string;
  limits: Limits;
  outbox: { pending: number; waitsSince?: string };
  total: Record<string, number>;
  deadLetters: { maxLength?: number; maxAgeMs?: number };
  partitions?: { count: number; isMoving: boolean; lists: PartitionCounts[] };
  attention: Attention[];
  rights: Role;
}

interface PartitionCounts {
  list: string;
  pending: number;
  active: number;
  delayed: number;
  dead: number;
}

interface Distribution {
  count: number;
  p50Ms?: number;
  p99Ms?: number;
}

export interface SeriesPoint {
  at: string;
  acked: number;
  retried: number;
  dead: number;
  expired: number;
  cancelled: number;
  wait: Distribution;
  run: Distribution;
}

export interface Key {
  /** Undefined for the messages without a key. */
  key?: string;
  pending: number;
  active?: number;
  waitsSince?: string;
  notBefore?: string;
  isPaused: boolean;
  pausedUntil?: string;
  handlerMs: number;
}

export interface Body {
  text: string;
  format: 'json' | 'text' | 'base64' | 'hidden';
  bytes: number;
  isCut: boolean;
  isRedacted: boolean;
}

export interface Message {
  id?: string;
  state: 'pending' | 'active' | 'delayed';
  key?: string;
  priority: number;
  sentAt?: string;
  attempt: number;
  headers: Record<string, string>;
  dueAt?: string;
  consumer?: string;
  flow?: FlowName;
  continues?: FlowName;
  body: Body;
}

export interface FlowName {
  id: string;
  queue: string;
}

export interface Flow extends FlowName {
  state: 'open' | 'closed' | 'over';
  over?: 'closed' | 'cancelled' | 'idle';
  pending: number;
  done: number;
  dead: number;
  expired: number;
  cancelled: number;
  openedAt: string;
  onDead: 'continue' | 'cancel-rest';
  memberOf?: FlowName;
}

export interface FlowDetail {
  at: string;
  flow: Flow;
  pendingByQueue: { queue: string; pending: number }[];
  continuation?: Omit<Message, 'state' | 'dueAt' | 'consumer'>;
  rights: Role;
}

export interface DeadLetter extends Omit<Message, 'state' | 'dueAt'> {
  entry: string;
  reason: string;
  error: string;
  stack?: string;
  process?: string;
  ranMs?: number;
  diedAt: string;
  origin?: string;
}

export interface HistoryRecord {
  id: string;
  key?: string;
  outcome: string;
  attempts: number;
  at: string;
  waitMs?: number;
  runMs?: number;
  consumer: string;
  error?: string;
  /** Of its error. */
  fingerprint?: string;
  stack?: string;
}

export interface FoundMessage {
  state: string;
  scanned: boolean;
  message?: Message;
  deadLetter?: DeadLetter;
  result?: { state: string; attempt: number; progress?: unknown; error?: string };
  attempts: HistoryRecord[];
}

export interface DeadGroup {
  reason: string;
  error: string;
  fingerprint: string;
  count: number;
  first: string;
  last: string;
  sample: { id?: string; entry: string };
}

export interface DeadGroups {
  groups: DeadGroup[];
  matching: number;
  examined: number;
  of: number;
}

export interface Operation {
  id: string;
  kind: string;
  queue: string;
  user: string;
  state: 'running' | 'done' | 'stopped' | 'failed';
  changed: number;
  examined: number;
  of: number;
  startedAt: string;
  endedAt?: string;
  error?: string;
}

export interface Consumer {
  queue: string;
  consumer: string;
  host?: string;
  pid?: number;
  version?: string;
  node?: string;
  runs?: string;
  handler?: string;
  concurrency?: number;
  held: number;
  runningSince?: string;
  startedAt?: string;
  leaseEndsAt: string;
  paused?: { since: string; reason?: string };
}

/** A consumer of a queue, and what may be done with it. */
export interface QueueConsumer extends Consumer {
  rights: Role;
}

export interface Schedule {
  queue: string;
  name: string;
  cron?: string;
  everyMs?: number;
  timeZone?: string;
  from?: string;
  until?: string;
  limit?: number;
  missed: string;
  overlap: string;
  jitterMs: number;
  isPaused: boolean;
  isOverdue: boolean;
  next?: string;
  last?: string;
  ticks: number;
  body: Body;
}

export interface TopicRow {
  name: string;
  length: number;
  cut: number;
  groups: number;
  lag: number;
  dead: number;
  consumers: number;
  attention: Attention[];
}

interface Group {
  group: string;
  lag: number;
  pending: number;
  delayed: number;
  dead: number;
  consumers: number;
}

export interface TopicDetail {
  name: string;
  length: number;
  cut: number;
  partitions: { count: number; isMoving: boolean; streams: TopicPartition[] };
  groups: Group[];
  rights: Role;
}

interface TopicPartition {
  partition: number;
  stream: string;
  isFormer: boolean;
  length: number;
}

export interface GroupDetail extends Group {
  total: Record<string, number>;
  owners: (Omit<Consumer, 'queue'> & { partition: number })[];
}

export interface TopicRecord {
  offset: string;
  partition: number;
  key?: string;
  id?: string;
  headers: Record<string, string>;
  publishedAt: string;
  body: Body;
}

export interface DeadRecord extends TopicRecord {
  entry: string;
  attempt: number;
  reason: string;
  error: string;
  diedAt: string;
}

export interface Channel {
  name: string;
  isSharded: boolean;
  subscribers: number;
}

export interface ChannelDetail extends Channel {
  followers: number;
  rights: Role;
}

export interface ChannelMessage {
  at: string;
  kind: 'message' | 'request' | 'answer';
  body: Body;
}

export interface ServerInfo {
  address: string;
  isCluster: boolean;
  version: string;
  uptimeSeconds: number;
  role: string;
  replicas: number;
  clients: { connected: number; blocked: number; max?: number };
  memory: { used: number; peak: number; max: number; policy?: string; fragmentation?: number };
  persistence: {
    aof: boolean;
    fsync?: string;
    lastSaveAt?: string;
    changesSinceSave: number;
    lastSaveFailed: boolean;
  };
  traffic: {
    commandsPerSecond: number;
    evicted: number;
    rejectedConnections: number;
    channels: number;
    patterns: number;
  };
  warnings: { level: 'danger' | 'advice'; text: string }[];
  slow: { id: number; at: string; us: number; command: string; client: string }[];
  clientGroups?: ClientGroup[];
  unavailable: string[];
}

export interface ClientGroup {
  name: string;
  library: string;
  user: string;
  clients: number;
  hosts: number;
  subscribed: number;
  blocked: number;
}

export interface AuditEntry {
  id: string;
  at: string;
  user: string;
  action: string;
  target: string;
  count?: number;
  detail: string;
  outcome: 'done' | 'stopped' | 'failed' | 'started';
}
