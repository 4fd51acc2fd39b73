require "sidekiq"
require "sidekiq/api"

class SendMail
  include Sidekiq::Job
  sidekiq_options queue: "mails", retry: 3

  def perform(to)
    raise ArgumentError, "no" if to == "nobody"
    Sidekiq.redis { |redis| redis.lpush("done", to.to_s) }
  end
end
