// A consumer made of nostr-tools: one request, one reply, on standard output.
//   node nostr_tools_client.mjs --relay URL --provider HEX --transport nip04|nip17 --secret HEX --body JSON [--seconds 60]
import { parseArgs } from 'node:util';
import { finalizeEvent, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay';
import * as nip04 from 'nostr-tools/nip04';
import * as nip59 from 'nostr-tools/nip59';
import WebSocket from 'ws';

const DIRECT_MESSAGE = 4;
const GIFT_WRAP = 1059;
const PRIVATE_MESSAGE = 14;
const WRAP_DATED_BACK_SECONDS = 2 * 86400;

const names = ['relay', 'provider', 'transport', 'secret', 'body', 'seconds'];
const { values: options } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
const secret = Uint8Array.from(Buffer.from(options.secret, 'hex'));
const me = getPublicKey(secret);
const now = () => Math.floor(Date.now() / 1000);

/** The event to publish, and the id that the reply's `e` tag must name. */
function makeRequest() {
  const tags = [['p', options.provider]];
  if (options.transport === 'nip04') {
    const content = nip04.encrypt(secret, options.provider, options.body);
    const event = finalizeEvent({ kind: DIRECT_MESSAGE, created_at: now(), tags, content }, secret);
    return { event, id: event.id };
  }
  const rumor = nip59.createRumor({ kind: PRIVATE_MESSAGE, created_at: now(), tags, content: options.body }, secret);
  const seal = nip59.createSeal(rumor, secret, options.provider);
  return { event: nip59.createWrap(seal, options.provider), id: rumor.id };
}

/** The provider's message inside an event, or nothing when it is somebody else's. */
function openReply(event) {
  if (!verifyEvent(event)) throw new Error(`the relay served an event that is not valid: ${event.id}`);
  if (options.transport === 'nip04') {
    if (event.kind !== DIRECT_MESSAGE || event.pubkey !== options.provider) return undefined;
    return { tags: event.tags, content: nip04.decrypt(secret, event.pubkey, event.content) };
  }
  if (event.kind !== GIFT_WRAP) return undefined;
  const rumor = nip59.unwrapEvent(event, secret);
  return rumor.pubkey === options.provider && rumor.kind === PRIVATE_MESSAGE ? rumor : undefined;
}

useWebSocketImplementation(WebSocket);
const relay = await Relay.connect(options.relay);
relay.onauth = (template) => finalizeEvent(template, secret);
const request = makeRequest();
const timeout = setTimeout(() => {
  console.error('no reply in time');
  process.exit(1);
}, Number(options.seconds ?? 60) * 1000);

relay.subscribe([{ kinds: [DIRECT_MESSAGE, GIFT_WRAP], '#p': [me], since: now() - WRAP_DATED_BACK_SECONDS }], {
  onevent(event) {
    const reply = openReply(event);
    if (!reply || !reply.tags.some(([name, value]) => name === 'e' && value === request.id)) return;
    clearTimeout(timeout);
    console.log(reply.content);
    process.exit(0);
  },
});
await relay.publish(request.event);
