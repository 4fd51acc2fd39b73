// A member of the group `billing` in a process of its own, that can be killed.
import { connect } from '@redpost/core';
import { PubSub } from '@redpost/pubsub';

const [url, channel] = process.argv.slice(2);
const pubsub = new PubSub({ connection: connect(url) });
await pubsub.subscribe(channel, { group: 'billing' });
process.send('joined');
