/**
 * A dashboard of queues, topics and channels, as one handler of requests.
 *
 * @module @redpost/dashboard
 */

export type { Access, Role } from './access/access.js';
export { createDashboard, type Dashboard } from './dashboard.js';
export type { BodyOrigin, DashboardOptions } from './options.js';
