/*
 * `node --import bench/load/no-audit.mjs dist/operator-backend.js`: the product without its
 * audit trail, to measure what the trail costs. Nothing else may use it.
 */
import { ChainedAuditTrail } from '../../dist/audit/chained-audit-trail.js';

ChainedAuditTrail.prototype.record = () => Promise.resolve();
