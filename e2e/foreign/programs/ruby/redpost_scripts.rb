# Calls the scripts that @redpost/queue has as files.
require 'json'
require 'redis'

module RedpostScripts
  FOLDER = ENV.fetch('REDPOST_SCRIPTS') # node_modules/@redpost/queue/dist/scripts
  ABOUT = JSON.parse(File.read("#{FOLDER}/scripts.json"))['scripts']

  # One for each thread: a blocking call holds up all others. By default, a call is repeated whose
  # answer was lost; but a lease that is done twice takes other messages under the same receipts.
  def self.redis
    options = { url: ENV.fetch('REDIS_URL'), reconnect_attempts: 0, timeout: 10 }
    Thread.current[:redis] ||= Redis.new(**options)
  end

  def self.run(name, *rest, queue:, consumer: '', **args)
    about, fill = ABOUT[name], ->(text) { text.gsub('<queue>', queue).gsub('<consumer>', consumer) }
    keys = about['keys'].map { |key| fill.(key['key']) }
    args[:consumer] = consumer
    given = about['args'].map { |a| a['value'] ? fill.(a['value']) : args.fetch(a['name'].to_sym) }
    call(name, about['sha1'], keys, given + rest)
  end

  def self.call(name, sha1, keys, args)
    redis.evalsha(sha1, keys, args)
  rescue Redis::CommandError => e
    raise unless e.message.start_with?('NOSCRIPT')

    redis.eval(File.read("#{FOLDER}/#{name}.lua"), keys, args)
  end
end
