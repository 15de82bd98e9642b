/**
 * The tests that try to break the promise of {@code docs/promises.md}: a DynamoDB that fails in
 * every way there is, many callers at once, a checker of what they were told, and any event at all.
 */
@NullMarked
package dev.marketreserve.chaos;

import org.jspecify.annotations.NullMarked;
