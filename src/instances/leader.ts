/**
 * Elects one of the instances, so that what all of them observe is reported once.
 * While an instance joins, leaves or cannot reach its peers, for some seconds there
 * may be two leaders, or none.
 */
export abstract class Leader {
  /** Whether this instance is the leader. Waits until the peers are known; never rejects. */
  abstract isLeader(): Promise<boolean>;
}
