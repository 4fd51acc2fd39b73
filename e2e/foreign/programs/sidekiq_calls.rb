# Does what a program that uses Sidekiq does, and prints what it sees.
require "json"
require_relative "sidekiq_jobs"

calls = {
  "version" => -> { Sidekiq::VERSION },
  "push" => -> { 200.times.map { |n| SendMail.perform_async(n) } },
  "later" => -> { SendMail.perform_in(1, "later") },
  "fail" => -> { SendMail.perform_async("nobody") },
  "retries" => -> { Sidekiq::RetrySet.new.map(&:item) },
  "retry_all" => -> { Sidekiq::RetrySet.new.each(&:retry) },
  "dead" => -> { Sidekiq::DeadSet.new.map(&:item) },
  "queues" => -> { Sidekiq::Queue.all.map { |queue| [queue.name, queue.size] } },
}

puts JSON.generate(calls.fetch(ARGV[0]).call)
