// The one way into a loop from other threads: events are put under a lock and the loop is woken.

import Synchronization

/// Events on their way to the loop that owns this inbox.
package final class Inbox<Event: Sendable>: Sendable {
    /// Watch its descriptor in the loop's PollLoop.
    package let wakeup: Wakeup
    private let waiting = Mutex<[Event]>([])

    /// An empty inbox.
    package init() throws(TransportError) {
        wakeup = try Wakeup()
    }

    /// Adds an event.
    ///
    /// The loop is woken only when the inbox was empty: one wake-up serves a batch.
    package func put(_ event: Event) {
        let wasEmpty = waiting.withLock { events in
            events.append(event)
            return events.count == 1
        }
        if wasEmpty { wakeup.raise() }
    }

    /// Adds several at once, in order.
    package func put(contentsOf more: [Event]) {
        guard !more.isEmpty else { return }
        let wasEmpty = waiting.withLock { events in
            defer { events.append(contentsOf: more) }
            return events.isEmpty
        }
        if wasEmpty { wakeup.raise() }
    }

    /// Takes everything, oldest first.
    ///
    /// `spare` is emptied and becomes the next inbox, so that a loop that hands its last batch back
    /// allocates nothing.
    package func take(reusing spare: consuming [Event] = []) -> [Event] {
        wakeup.clear()
        var fresh = spare
        fresh.removeAll(keepingCapacity: true)
        return waiting.withLock { events in
            swap(&events, &fresh)
            return fresh
        }
    }
}
