// What a group of nodes has to offer, in few numbers: of 10,000 nodes nearly all can be passed over
// at once for what they lack together. The table of nodes keeps such numbers for ever larger groups
// of neighbours, as a tournament does, so that no event looks at every node.

package import SwoopModel

/// The best that any node of a group has of each thing; of one node, what it has.
package struct NodeOffer: Equatable, Sendable {
    /// Programs of which tasks may be given to one of them, by bit of their place; the last bit
    /// stands for all places from there on.
    package private(set) var programs: UInt64 = 0
    /// Cores that are free on one that may be given work.
    package private(set) var freeCores: Int64 = .min
    /// Predicted nanoseconds for each slot on the one that may be given work and has least.
    package private(set) var leastLoad = Double.infinity
    /// The same among those on which work may wait for a core.
    package private(set) var leastQueue = Double.infinity
    package private(set) var slots: Int64 = 0
    package private(set) var budget: Int64 = .min
    /// Bytes that are neither taken nor promised.
    package private(set) var room: Int64 = .min
    /// Bytes of its memory for pages that no page takes, on one that is not to leave.
    package private(set) var pageRoom: Int64 = .min
    /// Bytes of memory for pages, used or not, on one that is not to leave.
    package private(set) var largestBudget: Int64 = .min
    package private(set) var promisedBytes: Int64 = .max
    /// Runs of functions of which nobody knows what they leave that may be added.
    package private(set) var trials: Int64 = .min
    /// Predicted nanoseconds for each slot on the one that has most, among those that may be asked
    /// to give some back.
    package private(set) var mostAhead = -Double.infinity
    /// When one of these may be asked.
    package private(set) var nextRecall = Timestamp.distantFuture
    package private(set) var lastHeard = Timestamp.distantFuture
    /// When one that is to leave is looked at next.
    package private(set) var lookAt = Timestamp.distantFuture
    /// Whether on all of them memory is more than half taken.
    package private(set) var isMemoryShort = true

    /// No node at all.
    init() {}

    /// What one node has.
    init(_ node: NodeRecord, assignedMax: Int) {
        slots = node.slots
        budget = node.budget
        lastHeard = node.lastHeard
        isMemoryShort = node.takenBytes > node.budget / 2
        if let drain = node.drain {
            lookAt = drain.lookAt
            return
        }
        pageRoom = node.room
        largestBudget = node.description.pageBudget
        programs = node.readyPrograms
        guard programs != 0 else { return }
        let load = Double(node.assignedNanoseconds) / Double(node.slots)
        freeCores = node.slots - node.assignedCores
        leastLoad = load
        if node.wideRuns == 0, node.assigned < assignedMax {
            leastQueue = Double(node.aheadNanoseconds) / Double(node.slots)
        }
        room = node.budget - node.takenBytes
        promisedBytes = node.promisedBytes
        trials = node.slots + Int64(node.suspended) - node.trials
        if node.recalls == 0, node.assignedCores > node.slots {
            mostAhead = load
            nextRecall = node.nextRecall
        }
    }

    /// What two groups have together.
    init(_ left: NodeOffer, _ right: NodeOffer) {
        programs = left.programs | right.programs
        freeCores = max(left.freeCores, right.freeCores)
        leastLoad = min(left.leastLoad, right.leastLoad)
        leastQueue = min(left.leastQueue, right.leastQueue)
        slots = max(left.slots, right.slots)
        budget = max(left.budget, right.budget)
        room = max(left.room, right.room)
        pageRoom = max(left.pageRoom, right.pageRoom)
        largestBudget = max(left.largestBudget, right.largestBudget)
        promisedBytes = min(left.promisedBytes, right.promisedBytes)
        trials = max(left.trials, right.trials)
        mostAhead = max(left.mostAhead, right.mostAhead)
        nextRecall = min(left.nextRecall, right.nextRecall)
        lastHeard = min(left.lastHeard, right.lastHeard)
        lookAt = min(left.lookAt, right.lookAt)
        isMemoryShort = left.isMemoryShort && right.isMemoryShort
    }

    /// The bit of a program's place.
    static func bit(of program: Int) -> UInt64 { 1 << UInt64(min(program, 63)) }

    /// Whether one of them may take work of the program at that place.
    func mayTakeWork(of program: Int) -> Bool { programs & Self.bit(of: program) != 0 }

    /// Whether one of them may have a core for the task, now or within the horizon.
    func mayHaveTime(
        for demand: TaskDemand, configuration: Scheduler.Configuration
    ) -> Bool {
        if freeCores >= demand.cores { return true }
        let horizon = configuration.horizonNanoseconds
        return demand.cores == 1 && leastQueue < Double(horizon)
            && demand.predicted < horizon.multipliedWithoutOverflow(by: slots)
    }

    /// Whether one of them may have memory for the task.
    ///
    /// - Parameter missing: bytes of inputs that come from elsewhere at least.
    func mayHaveMemory(for demand: TaskDemand, missing: Int64) -> Bool {
        if demand.effect == .unknown, trials <= 0 { return false }
        if demand.declaredBytes > budget { return false }
        let bytes = demand.bytes.addingWithoutOverflow(missing)
        if bytes == 0 || bytes <= room { return true }
        if demand.effect == .harmless { return freeCores >= demand.cores }
        return freeCores >= demand.cores
            && (promisedBytes == 0 || promisedBytes.addingWithoutOverflow(bytes) <= budget / 2)
    }
}

extension Int64 {
    fileprivate func multipliedWithoutOverflow(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }

    fileprivate func addingWithoutOverflow(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

/// The offers of all nodes, and of groups of 2, 4, 8 … neighbours: a complete binary tree.
struct NodeOffers: Sendable {
    /// The root at 1, below place `n` the places `2n` and `2n + 1`, the nodes from `width` on.
    private var tree: [NodeOffer] = [NodeOffer(), NodeOffer()]
    /// Nodes that the tree has places for: a power of two.
    private var width = 1

    /// All nodes together.
    var root: NodeOffer { tree[1] }

    /// Notes what a node has now; it costs as many steps as there are larger groups that it
    /// changes.
    mutating func set(_ offer: NodeOffer, at place: Int) {
        var group = width + place
        guard tree[group] != offer else { return }
        tree[group] = offer
        while group > 1 {
            group /= 2
            let both = NodeOffer(tree[2 * group], tree[2 * group + 1])
            guard tree[group] != both else { return }
            tree[group] = both
        }
    }

    /// What the node at that place has.
    subscript(place: Int) -> NodeOffer { tree[width + place] }

    /// Traps with a sentence when a group has not what its halves have; for tests.
    func check() {
        for group in 1..<width {
            precondition(
                tree[group] == NodeOffer(tree[2 * group], tree[2 * group + 1]),
                "the offer of a group is out of date")
        }
    }

    /// Begins anew.
    mutating func replace(with offers: [NodeOffer]) {
        width = 1
        while width < offers.count { width *= 2 }
        tree = Array(repeating: NodeOffer(), count: 2 * width)
        for (place, offer) in offers.enumerated() { tree[width + place] = offer }
        for group in stride(from: width - 1, to: 0, by: -1) {
            tree[group] = NodeOffer(tree[2 * group], tree[2 * group + 1])
        }
    }

    /// Whether there is a place for one more than `count` nodes.
    func hasPlace(after count: Int) -> Bool { count < width }

    /// Calls `body` with the places of single nodes in groups that are wanted, ascending, until it
    /// answers false.
    func forEach(
        where isWanted: (NodeOffer) -> Bool, _ body: (Int) -> Bool
    ) {
        _ = visit(1, where: isWanted, body)
    }

    private func visit(
        _ group: Int, where isWanted: (NodeOffer) -> Bool, _ body: (Int) -> Bool
    ) -> Bool {
        guard isWanted(tree[group]) else { return true }
        guard group < width else { return body(group - width) }
        return visit(2 * group, where: isWanted, body)
            && visit(2 * group + 1, where: isWanted, body)
    }

    /// The place with most room for pages among those that are wanted, the first of equal ones.
    func roomiest(where isWanted: (Int) -> Bool) -> Int? {
        var best: (place: Int, room: Int64)?
        search(1, first: 0, nodes: width, where: isWanted, &best)
        return best?.place
    }

    private func search(
        _ group: Int, first: Int, nodes: Int, where isWanted: (Int) -> Bool,
        _ best: inout (place: Int, room: Int64)?
    ) {
        let room = tree[group].pageRoom
        guard room > .min else { return }
        if let best {
            guard room > best.room || room == best.room && first < best.place else { return }
        }
        guard nodes > 1 else {
            if isWanted(first) { best = (first, room) }
            return
        }
        let half = nodes / 2
        if tree[2 * group].pageRoom >= tree[2 * group + 1].pageRoom {
            search(2 * group, first: first, nodes: half, where: isWanted, &best)
            search(2 * group + 1, first: first + half, nodes: half, where: isWanted, &best)
        } else {
            search(2 * group + 1, first: first + half, nodes: half, where: isWanted, &best)
            search(2 * group, first: first, nodes: half, where: isWanted, &best)
        }
    }

    /// The place for which `cost` answers least, the first of equal ones; nil: it answered nil for
    /// every one that was looked at.
    ///
    /// - Parameters:
    ///   - isWanted: whether a group may have one that counts.
    ///   - cost: of a single node; nil: it does not count. Never less than the least load of any
    ///     group that the node is in.
    func cheapest(
        where isWanted: (NodeOffer) -> Bool, _ cost: (Int) -> Double?
    ) -> (place: Int, cost: Double)? {
        var best: (place: Int, cost: Double)?
        search(1, first: 0, nodes: width, where: isWanted, cost, &best)
        return best
    }

    private func search(
        _ group: Int, first: Int, nodes: Int, where isWanted: (NodeOffer) -> Bool,
        _ cost: (Int) -> Double?, _ best: inout (place: Int, cost: Double)?
    ) {
        if let best {
            let least = tree[group].leastLoad
            guard least < best.cost || least == best.cost && first < best.place else { return }
        }
        guard isWanted(tree[group]) else { return }
        guard nodes > 1 else {
            if let found = cost(first) {
                if let known = best, (known.cost, known.place) <= (found, first) { return }
                best = (first, found)
            }
            return
        }
        let half = nodes / 2
        // The more promising one first: the other is passed over then, as a rule.
        if tree[2 * group].leastLoad <= tree[2 * group + 1].leastLoad {
            search(2 * group, first: first, nodes: half, where: isWanted, cost, &best)
            search(2 * group + 1, first: first + half, nodes: half, where: isWanted, cost, &best)
        } else {
            search(2 * group + 1, first: first + half, nodes: half, where: isWanted, cost, &best)
            search(2 * group, first: first, nodes: half, where: isWanted, cost, &best)
        }
    }
}
