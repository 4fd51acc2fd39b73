# producer.rb <queue> < lines of JSON: sends a message for each, and prints its id afterwards.
require 'json'
require 'securerandom'
require_relative 'elements'
require_relative 'redpost_scripts'

# Returns the id. After an error of the connection, Redis may have the message all the same.
def deliver(queue, body, id: SecureRandom.urlsafe_base64(12), delay_ms: 0, ttl_ms: 0, **options)
  element = element_of(body, id, **options)
  if options.empty? && delay_ms.zero? && ttl_ms.zero?
    RedpostScripts.redis.lpush(queue, element)
  else
    full = RedpostScripts.run('send-placed', delay_ms, ttl_ms, element, queue: queue)
    raise 'as many messages of this key wait as may' unless full.empty?
  end
  id
end

$stdout.sync = true
$stdin.each_line do |line|
  message = JSON.parse(line, symbolize_names: true)
  puts deliver(ARGV[0], message.delete(:body), **message)
end
