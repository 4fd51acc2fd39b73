import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import * as tooling from '../../../../tooling/test-cluster.js';

export type ClusterNode = tooling.TestNode<EmbeddedRedis, Connection>;
export type TestCluster = tooling.TestCluster<EmbeddedRedis, Connection>;

export function startCluster(): Promise<TestCluster> {
  return tooling.startTestCluster({ startRedis, connect });
}
