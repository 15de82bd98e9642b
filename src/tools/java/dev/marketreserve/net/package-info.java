/** Ports and certificates on this machine. */
package dev.marketreserve.net;
