// Live cores: what every slot of every node does now, with the age of the news.

/// What one slot does.
public struct SlotUsage: Hashable, Sendable {
    /// Short name of the function on the slot; nil when it idles.
    public var function: String?
    /// The task on the slot; nil when it idles.
    public var task: TaskID?
    /// How long the function has been on the slot, in nanoseconds.
    package var elapsedNanoseconds: Int64
    /// Nanoseconds that the slot has been busy since its worker started.
    package var busyNanoseconds: Int64

    /// Describes a slot.
    package init(
        function: String?, task: TaskID?, elapsedNanoseconds: Int64, busyNanoseconds: Int64
    ) {
        self.function = function
        self.task = task
        self.elapsedNanoseconds = elapsedNanoseconds
        self.busyNanoseconds = busyNanoseconds
    }

    /// How long the function has been on the slot.
    public var elapsed: Duration { .nanoseconds(elapsedNanoseconds) }
    /// How long the slot has been busy since its worker started.
    public var busy: Duration { .nanoseconds(busyNanoseconds) }
}

/// What one node does.
public struct NodeUsage: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// Its name.
    public var name: String
    /// One entry per slot.
    public var slots: [SlotUsage]
    /// CPU nanoseconds of the node's workers since they were started, dead ones included, as the
    /// operating system counts them.
    package var cpuNanoseconds: Int64
    /// Bytes of pages in memory.
    public var residentBytes: Int64
    /// Bytes of pages that it fetched from other nodes since it joined.
    public var fetchedBytes: Int64
    /// Bytes of pages that other nodes fetched from it since it joined.
    public var givenBytes: Int64
    /// Bytes that pages may take.
    public var pageBudget: Int64
    /// Age of this sample when the snapshot was taken, in nanoseconds.
    package var ageNanoseconds: Int64
    /// Whether the node has been silent so long (2 s) that the sample must not be taken for live.
    public var isSilent: Bool

    /// Describes a node.
    package init(
        node: NodeID, name: String, slots: [SlotUsage], cpuNanoseconds: Int64,
        residentBytes: Int64, fetchedBytes: Int64 = 0, givenBytes: Int64 = 0, pageBudget: Int64,
        ageNanoseconds: Int64, isSilent: Bool
    ) {
        self.node = node
        self.name = name
        self.slots = slots
        self.cpuNanoseconds = cpuNanoseconds
        self.residentBytes = residentBytes
        self.fetchedBytes = fetchedBytes
        self.givenBytes = givenBytes
        self.pageBudget = pageBudget
        self.ageNanoseconds = ageNanoseconds
        self.isSilent = isSilent
    }

    /// CPU time of the node's workers since they were started, dead ones included, as the operating
    /// system counts it.
    public var cpuTime: Duration { .nanoseconds(cpuNanoseconds) }
    /// Age of this sample when the snapshot was taken.
    public var age: Duration { .nanoseconds(ageNanoseconds) }

    /// Slots that run something; 0 for a silent node.
    public var busySlots: Int { isSilent ? 0 : slots.count { $0.task != nil } }
}

/// All nodes at one moment.
public struct ClusterUsage: Hashable, Sendable {
    /// One entry per node, in the order of joining.
    public var nodes: [NodeUsage]
    /// Counts of all tasks that the coordinator knows.
    public var progress: ProgressCount

    /// Describes a cluster.
    package init(nodes: [NodeUsage], progress: ProgressCount) {
        self.nodes = nodes
        self.progress = progress
    }

    /// Cores that run something now.
    public var busyCores: Int { nodes.reduce(0) { $0 + $1.busySlots } }

    /// Bytes of pages that the nodes fetched from one another since they joined.
    public var fetchedBytes: Int64 { nodes.reduce(0) { $0 &+ $1.fetchedBytes } }

    /// Cores of the nodes that are not silent.
    public var cores: Int { nodes.reduce(0) { $0 + ($1.isSilent ? 0 : $1.slots.count) } }
}
