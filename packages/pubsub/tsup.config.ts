import { library } from '../../tooling/tsup.js';

export default library({
  index: 'src/index.ts',
  'event-target': 'src/adapters/event-target.ts',
  'graphql-subscriptions': 'src/adapters/graphql-subscriptions.ts',
  streams: 'src/adapters/streams.ts',
});
