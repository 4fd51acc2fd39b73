import type { Route } from './route.js';
import { channelRoutes } from './routes/channels.js';
import { consumerRoutes } from './routes/consumers.js';
import { deadLetterRoutes } from './routes/dead-letters.js';
import { deadRecordRoutes } from './routes/dead-records.js';
import { flowRoutes } from './routes/flows.js';
import { messageRoutes } from './routes/messages.js';
import { operationRoutes } from './routes/operations.js';
import { overviewRoutes } from './routes/overview.js';
import { queueRoutes } from './routes/queue.js';
import { scheduleRoutes } from './routes/schedules.js';
import { serverRoutes } from './routes/server.js';
import { sessionRoutes } from './routes/session.js';
import { topicRoutes } from './routes/topics.js';

/** All that the API offers. */
export const routes: readonly Route[] = [
  ...sessionRoutes,
  ...overviewRoutes,
  ...queueRoutes,
  ...messageRoutes,
  ...deadLetterRoutes,
  ...consumerRoutes,
  ...scheduleRoutes,
  ...flowRoutes,
  ...topicRoutes,
  ...deadRecordRoutes,
  ...channelRoutes,
  ...serverRoutes,
  ...operationRoutes,
];
