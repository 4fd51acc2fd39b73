import { describeLanguage } from './support/language-trial.js';
import { programOf } from './support/system.js';

describeLanguage({
  interpreter: programOf('python'),
  producer: 'python/producer.py',
  consumer: 'python/consumer.py',
});
