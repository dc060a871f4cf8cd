// What a worker inherits from its agent, by name, and how large it is.

/// The names and sizes that agent and worker agree on.
package enum WorkerInheritance {
    package static let role = "worker"
    package static let orders = "orders"
    package static let messages = "messages"
    package static let slots = "slots"
    package static let crash = "crash"
    package static let arena = "arena"
    /// Missing where the node has no spill file.
    package static let spill = "spill"
    package static let wakeup = "wakeup"
    package static let slotCount = "SWOOP_SLOTS"
    /// Room for orders: a record may have half of it. 16 MiB: one run with 100,000 small inputs.
    package static let orderCapacity = 16 << 20
    /// Room for news.
    package static let messageCapacity = 1 << 20
}
