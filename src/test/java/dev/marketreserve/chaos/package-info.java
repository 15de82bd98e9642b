/**
 * Tests that try to break the promises in {@code docs/promises.md}. DynamoDB fails in many ways,
 * many concurrent callers make a history that a checker reads, and events are random.
 */
package dev.marketreserve.chaos;
