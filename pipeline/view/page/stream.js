// SPDX-License-Identifier: Apache-2.0
// The packets of /stream: two lengths (32 bits, big-endian), JSON, and a JPEG or nothing.

export class SignedOut extends Error {}

const kHeadBytes = 8;
const kMaxBytes = 64 << 20;

class Bytes {
  #chunks = [];
  length = 0;

  push(chunk) {
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  /// The first `count` bytes, which must be there; they stay where `keep`.
  take(count, keep = false) {
    if (this.#chunks[0].length < count) {
      const joined = new Uint8Array(this.length);
      let at = 0;
      for (const chunk of this.#chunks) {
        joined.set(chunk, at);
        at += chunk.length;
      }
      this.#chunks = [joined];
    }
    const taken = this.#chunks[0].subarray(0, count);
    if (!keep) {
      this.#chunks[0] = this.#chunks[0].subarray(count);
      this.length -= count;
      if (this.#chunks[0].length === 0) this.#chunks.shift();
    }
    return taken;
  }
}

/// Yields {json, jpeg} until the server ends the stream, which it does with the run.
export async function* packets(signal) {
  const reply = await fetch('/stream', {signal, cache: 'no-store'});
  if (reply.status === 401) throw new SignedOut();
  if (!reply.ok) throw new Error((await reply.text()).trim());
  const reader = reply.body.getReader();
  const bytes = new Bytes();
  const text = new TextDecoder();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    bytes.push(value);
    while (bytes.length >= kHeadBytes) {
      const head = bytes.take(kHeadBytes, true);
      const view = new DataView(head.buffer, head.byteOffset);
      const json_bytes = view.getUint32(0), jpeg_bytes = view.getUint32(4);
      if (json_bytes + jpeg_bytes > kMaxBytes) throw new Error('the stream is not one of packets');
      if (bytes.length < kHeadBytes + json_bytes + jpeg_bytes) break;
      bytes.take(kHeadBytes);
      const json = JSON.parse(text.decode(bytes.take(json_bytes)));
      yield {json, jpeg: jpeg_bytes > 0 ? bytes.take(jpeg_bytes) : null};
    }
  }
}
