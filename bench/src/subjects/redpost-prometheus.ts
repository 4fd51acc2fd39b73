import { collectProcessMetrics } from '@redpost/prometheus';
import { Registry } from 'prom-client';
import { subjectOf } from './redpost.js';

export const redpostPrometheus = subjectOf({
  name: 'redpost-prometheus',
  variant: 'Prometheus',
  observe() {
    const stop = collectProcessMetrics({ registry: new Registry() });
    return async () => stop();
  },
});
