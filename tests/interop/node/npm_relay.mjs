// A relay made of the npm packages @nostr-relay/*, with its events in memory: PORT=17001 [AUTH_HOST=127.0.0.1] node npm_relay.mjs
import common from '@nostr-relay/common';
import core from '@nostr-relay/core';
import validator from '@nostr-relay/validator';
import { WebSocketServer } from 'ws';

const matches = (filter, event) =>
  (!filter.ids || filter.ids.includes(event.id)) &&
  (!filter.kinds || filter.kinds.includes(event.kind)) &&
  (!filter.authors || filter.authors.includes(event.pubkey)) &&
  (!filter.since || event.created_at >= filter.since) &&
  (!filter.until || event.created_at <= filter.until) &&
  Object.entries(filter)
    .filter(([key]) => key.startsWith('#'))
    .every(([key, values]) => event.tags.some(([name, value]) => name === key[1] && values.includes(value)));

/** Keeps every version of replaceable events: the client has to pick the newest. */
class MemoryStore extends common.EventRepository {
  events = new Map();

  isSearchSupported() {
    return false;
  }

  upsert(event) {
    const isDuplicate = this.events.has(event.id);
    this.events.set(event.id, event);
    return { isDuplicate };
  }

  find(filter) {
    return [...this.events.values()]
      .filter((event) => matches(filter, event))
      .sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1))
      .slice(0, filter.limit ?? 500);
  }

  async destroy() {}
}

const options = process.env.AUTH_HOST ? { hostname: process.env.AUTH_HOST } : {};
const relay = new core.NostrRelay(new MemoryStore(), options);
const check = new validator.Validator();
new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT) }).on('connection', (socket) => {
  relay.handleConnection(socket);
  socket.on('message', async (data) => {
    try {
      await relay.handleMessage(socket, await check.validateIncomingMessage(data));
    } catch (error) {
      socket.send(JSON.stringify(['NOTICE', error.message]));
    }
  });
  socket.on('close', () => relay.handleDisconnect(socket));
});
