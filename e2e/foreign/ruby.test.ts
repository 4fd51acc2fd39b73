import { describeLanguage } from './support/language-trial.js';
import { programOf } from './support/system.js';

describeLanguage({
  interpreter: programOf('ruby'),
  producer: 'ruby/producer.rb',
  consumer: 'ruby/consumer.rb',
});
