import { library } from '../../tooling/tsup.js';

export default library({
  celery: 'src/celery/index.ts',
  laravel: 'src/laravel/index.ts',
  rq: 'src/rq/index.ts',
  sidekiq: 'src/sidekiq/index.ts',
  socketio: 'src/socketio/index.ts',
});
