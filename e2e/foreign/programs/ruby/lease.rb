# The life of a consumer: it has a name and a lease of its own, and ends when that is lost.
require 'json'
require 'securerandom'
require 'socket'
require_relative 'redpost_scripts'

class Lease
  MS = Integer(ENV.fetch('LEASE_MS', 30_000))
  MAX_ATTEMPTS = 5
  ABOUT = JSON.generate(host: Socket.gethostname, pid: Process.pid)

  attr_reader :name, :in_force, :is_over
  attr_accessor :receipt

  def initialize(queue)
    @queue, @name = queue, "#{SecureRandom.urlsafe_base64(9)}.#{MS}"
    @receipt, @shape, @in_force, @is_over = 1, '', '', false
    renew(1)
    Thread.new { beat }
  end

  def run(script, *rest, consumer: @name, **args)
    RedpostScripts.run(script, *rest, queue: @queue, consumer: consumer, **args)
  end

  def renew(is_new = 0)
    lease = { lease_ms: MS, in_force: @in_force, about: ABOUT, pause: '' }
    reply = run('renew', is_new: is_new, **lease)
    return @is_over = true if reply.nil?

    @shape = reply[1]
    reply.drop(3).each do |name| # Their leases have run out.
      run('recover', consumer: name.delete_prefix('~'), overdue: name, max_attempts: MAX_ATTEMPTS)
    end
  end

  def beat
    until @is_over
      sleep MS / 3000.0
      begin
        renew unless @is_over
      rescue Redis::BaseError => e
        warn "not renewed: #{e.message}"
      end
    end
  end

  # At once, since nothing is held while this is called.
  def put_shape_in_force
    renew
    @in_force = @shape
    renew
  end

  def leave
    @is_over = true
    run('leave', remember_ms: 0)
  end

  def give_up(receipt, reason, error, ran_us)
    kept = JSON.generate(name: error.class.name, message: error.message)
    letter = [receipt, reason, error.message, '', ran_us, kept]
    run('dead-letter', *letter, process: "#{Socket.gethostname}:#{Process.pid}")
  end
end
