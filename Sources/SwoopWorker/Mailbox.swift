// Hands things to a thread that sleeps until there are some. One receiver, any number of senders.

import CSwoopSystem
import Synchronization

/// A queue with a sleeping receiver.
@safe final class Mailbox<Item: Sendable>: @unchecked Sendable {
    // Unchecked: the word is only touched by atomics and the futex; the items are under their lock.
    private let word: UnsafeMutablePointer<UInt32>
    private let items = Mutex<[Item]>([])

    init() {
        unsafe word = .allocate(capacity: 1)
        unsafe word.initialize(to: 0)
    }

    deinit { unsafe word.deallocate() }

    /// Adds an item and wakes the receiver.
    func post(_ item: Item) {
        items.withLock { $0.append(item) }
        if unsafe swoop_exchange_32(word, 1) == 0 { _ = unsafe swoop_futex_wake(word, 1) }
    }

    /// Takes the oldest item; sleeps while there is none.
    func wait() -> Item {
        while true {
            let item = items.withLock { items -> Item? in items.isEmpty ? nil : items.removeFirst()
            }
            if let item { return item }
            if unsafe swoop_exchange_32(word, 0) == 1 { continue }
            _ = unsafe swoop_futex_wait(word, 0, -1)
        }
    }
}
