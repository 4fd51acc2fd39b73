# What Sidekiq handles, and what it tells of it: see ../src/subjects/other-program.ts.
require "sidekiq"

# Sidekiq's own lines per job would cost more than the job.
Sidekiq.logger.level = Logger::WARN

class Bench
  include Sidekiq::Worker

  LONGEST = ENV.fetch("HANDLER_MS").to_f / 1000

  def perform(body)
    sleep(rand * LONGEST) if LONGEST > 0
    $stdout.syswrite("#{body["n"]}\n")
  end
end

Thread.new do
  while $stdin.gets
    $stdout.syswrite("cpu #{Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) * 1000}\n")
  end
  exit!(1)
end
