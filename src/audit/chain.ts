import canonicalize from 'canonicalize';
import { hash } from 'node:crypto';
import type { Action } from './actions.js';

/** `prev` of the first entry of a chain. */
export const GENESIS = '0'.repeat(64);

/** Entries after which a chain is signed. */
export const CHECKPOINT_ENTRIES = 1_000;
/** Longest time that entries stay unsigned, milliseconds. */
export const CHECKPOINT_MS = 5 * 60_000;

/** What one entry says, before it has its place in a chain. */
export interface Draft {
  readonly action: Action;
  readonly result: 'done' | 'refused';
  /** ISO 8601, UTC. Of a sum: of its first action. */
  readonly time: string;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly owner?: string | undefined;
  readonly reason?: string | undefined;
  readonly address?: string | undefined;
  readonly correlation_id?: string | undefined;
  readonly amount?: number | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  /** Number of actions that the entry sums up; absent: one. */
  readonly count?: number | undefined;
  /** Of a sum: when the last of them happened. */
  readonly until?: string | undefined;
}

/** An entry in its place. Its hash is over all of these members. */
export interface ChainedEntry extends Draft {
  readonly v: 1;
  /** The chain: one writer at a time. */
  readonly chain: string;
  /** Number in the chain, from 1 without a hole. */
  readonly seq: number;
  /** Hash of the entry before it; GENESIS for the first. */
  readonly prev: string;
}

/** As it is stored: canonical JSON (RFC 8785) and its SHA-256 in hex. */
export interface StoredEntry {
  readonly entry: ChainedEntry;
  readonly text: string;
  readonly hash: string;
}

/** The end of a chain. */
export interface Head {
  readonly chain: string;
  /** 0: the chain has no entry. */
  readonly seq: number;
  readonly hash: string;
}

export function link(head: Head, draft: Draft): StoredEntry {
  const entry: ChainedEntry = {
    v: 1,
    chain: head.chain,
    seq: head.seq + 1,
    prev: head.hash,
    ...draft,
  };
  const text = canonical(entry);
  return { entry, text, hash: sha256Hex(text) };
}

export function canonical(value: object): string {
  return canonicalize(value) as string;
}

export function sha256Hex(text: string): string {
  return hash('sha256', text, 'hex');
}

/** What a checkpoint's signature is over: its place, and by `prev` everything before it. */
export function checkpointText(at: {
  chain: string;
  seq: number;
  prev: string;
  time: string;
}): string {
  return `vx11 audit checkpoint\n${at.chain}\n${at.seq}\n${at.prev}\n${at.time}`;
}
