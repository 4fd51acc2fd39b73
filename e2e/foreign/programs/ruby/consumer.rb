# consumer.rb <queue>: a safe consumer. Prints the id, the body and the attempt of each message.
require 'json'
require 'msgpack'
require_relative 'elements'
require_relative 'lease'

QUEUE = ARGV[0]
$stdout.sync = true
$stopping = false

def handle(body, header)
  raise 'no' if body == 'fails' || (body == 'fails once' && !header.key?('attempt'))

  puts JSON.generate([header['id'], body, header.fetch('attempt', 0) + 1])
end

def now_us = Process.clock_gettime(Process::CLOCK_MONOTONIC, :microsecond)

def settle(lease, receipt, element, now)
  begin
    header, body = read(element, "#{lease.name}-#{receipt}")
  rescue StandardError => e
    return lease.give_up(receipt, 'malformed', e, 1)
  end
  expired = [receipt, 1, 0, '', 0, 0]
  return lease.run('finish', *expired, plain: 0, rans: '[]') if header['expires']&.<=(now)

  started, attempt = now_us, header.fetch('attempt', 0) + 1
  begin
    handle(body, header)
  rescue StandardError => e
    ran_us = now_us - started + 1
    return lease.give_up(receipt, 'failed', e, ran_us) if attempt >= Lease::MAX_ATTEMPTS
    return lease.run('retry', receipt, 100 * 2**attempt, ran_us, 0, holds_key: 1)
  end
  lease.run('finish', receipt, plain: 1, rans: "[#{now_us - started + 1}]")
end

def work(lease)
  same = { from: 'RIGHT', slack_us: 100_000, per_key: 1, most_keys: 1, as_batch: 0, ran: '' }
  same.merge!(with_list: 1, with_suspect: 1, handed_off: '', expired: 0, whole: 0)
  until $stopping || lease.is_over
    lease.run('promote') # What was delayed and is due.
    script, count = lease.in_force.empty? ? ['lease', 10] : ['lease-shaped', 1]
    asked = { version: lease.in_force, count: count, first: lease.receipt }
    reply = lease.run(script, **asked, **same)
    return if reply.nil?
    next lease.put_shape_in_force if reply == 0
    now, suspect, elements, _, ask_again_ms = reply
    elements = MessagePack.unpack(elements) if elements.is_a?(String)
    (taken = [suspect, *elements].compact).each do |element|
      return if $stopping || lease.is_over

      settle(lease, lease.receipt, element, now)
      lease.receipt += 1
    end
    if ask_again_ms
      sleep ask_again_ms.negative? ? 1 : [ask_again_ms, 1000].min / 1000.0
    elsif taken.empty? # A bell: it moves nothing, and rings for an element.
      RedpostScripts.redis.blmove(QUEUE, QUEUE, 'RIGHT', 'RIGHT', timeout: 1)
    end
  end
end

trap('TERM') { $stopping = true }
until $stopping
  begin
    lease = Lease.new(QUEUE)
    begin
      work(lease)
    ensure
      lease.leave
    end
  rescue Redis::BaseError => e
    warn "begins anew: #{e.inspect}"
    sleep 1
  end
end
