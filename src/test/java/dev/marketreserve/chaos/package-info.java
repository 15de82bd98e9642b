/**
 * Tests that try to break the promises of {@code docs/promises.md}: with a DynamoDB that fails in
 * many ways, with many concurrent callers and a checker of their history, and with random events.
 */
@NullMarked
package dev.marketreserve.chaos;

import org.jspecify.annotations.NullMarked;
