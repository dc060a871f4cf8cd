// What a worker inherits from its agent, by name, and how large it is.

/// The names and sizes that agent and worker agree on.
package enum WorkerInheritance {
    package static let role = "worker"
    package static let orders = "orders"
    package static let messages = "messages"
    package static let slots = "slots"
    package static let crash = "crash"
    package static let arena = "arena"
    package static let wakeup = "wakeup"
    package static let slotCount = "SWOOP_SLOTS"
    /// Room for orders: a record may have half of it. 4 MiB: some 20,000 runs without large arguments.
    package static let orderCapacity = 4 << 20
    /// Room for news.
    package static let messageCapacity = 1 << 20
}
