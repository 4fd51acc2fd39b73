import { z } from 'zod';
import { route } from '../route.js';

declare const PACKAGE_VERSION: string;

export const sessionRoutes = [
  route({
    method: 'get',
    path: '/session',
    role: 'view',
    summary: 'Who asks, what they may do, and which Redis this is',
    tag: 'Session',
    answer: z.object({
      user: z.string(),
      role: z
        .enum(['view', 'operate', 'destroy'])
        .optional()
        .describe('Where no other one is given'),
      address: z.string(),
      database: z.int(),
      version: z.string(),
    }),
    async handle({ rights, services: { connection } }) {
      return {
        user: rights.user,
        role: rights.roleFor(),
        address: connection.address,
        database: connection.database,
        version: PACKAGE_VERSION,
      };
    },
  }),
];
