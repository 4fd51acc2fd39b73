# A message as it is in Redis.
require 'json'

# The key or the priority comes first, and there is no white space in front of the body.
def element_of(body, id, key: nil, priority: nil, headers: nil)
  place = key ? { key: key } : { priority: priority }
  header = { **place, id: id, ts: (Time.now.to_f * 1000).to_i, headers: headers }.compact
  "\x011#{JSON.generate(header)}\n#{JSON.generate(body)}"
end

# A message of another client may have no header, and no id then.
def read(element, id)
  element = element.b
  head, body = element.byteslice(2..).split("\n", 2) if element.start_with?("\x011{".b)
  header = head ? JSON.parse(head.force_encoding('UTF-8')) : { 'id' => id }
  [header, JSON.parse((body || element).force_encoding('UTF-8'))]
end
