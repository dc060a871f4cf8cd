// The scheduler's table of nodes: sorted by id, with what groups of them have to offer.

package import SwoopModel

/// What the scheduler knows of one node.
package struct NodeRecord: Sendable {
    package let id: NodeID
    package let description: NodeDescription
    /// Exactly the tasks whose current attempt this node holds: leased, running or suspended there.
    package var assigned = 0
    /// Those of them that are suspended: they need no core.
    package var suspended = 0
    /// Predicted nanoseconds of those that are not suspended.
    package var assignedNanoseconds: Int64 = 0
    /// The same, of each task at most the horizon: a long one takes one core, and the others' time
    /// ahead is not its.
    package var aheadNanoseconds: Int64 = 0
    /// Cores that those take that are not suspended; more than there are when work is queued.
    package var assignedCores: Int64 = 0
    /// Bytes that the assigned tasks will take: of pages that they are expected to leave, of inputs
    /// that come from elsewhere, and of what their functions declare.
    package var promisedBytes: Int64 = 0
    /// Bytes of pages on this node that the end of assigned tasks frees.
    package var freeingBytes: Int64 = 0
    /// Bytes that functions of assigned tasks declare.
    package var declaredBytes: Int64 = 0
    /// Assigned tasks that tell what their functions leave: nobody knows it yet.
    package var trials: Int64 = 0
    /// Assigned tasks that take several cores.
    package var wideRuns: Int64 = 0
    /// Every task that it holds, and links to others that it held.
    package var held: [TaskLink] = []
    /// Every task of which it has the page, and links to others.
    package var pages: [TaskLink] = []
    /// Pages among them.
    package var pageCount = 0
    /// Every task whose page it was told to copy, and links to others.
    package var reading: [TaskLink] = []
    /// Links among them from which on those to others are dropped.
    package var readingMax = 16
    /// The place of the lease that is being made for it.
    package var grant: Int?
    /// Tasks that it was asked to give back and has not answered for.
    package var recalls: Int64 = 0
    /// When it may be asked again.
    package var nextRecall = Timestamp(nanoseconds: 0)
    /// Functions that it was told of: the first so many of the function table.
    package var knownFunctions = 0
    package var lastHeard: Timestamp
    /// Set when it is to leave: it is given nothing new.
    package var drain: Drain?
    /// Bytes of the pages that the scheduler knows to be there, or on their way from a client.
    package var pageBytes: Int64 = 0
    /// By place in the scheduler's table of programs; absent beyond its end.
    package private(set) var programs: [ProgramState] = []
    /// Programs in state `ready`, by bit of their place; the last bit stands for all places from
    /// there on.
    package private(set) var readyPrograms: UInt64 = 0
    /// Why programs in state `failed` are so.
    package var programFailures: [Int: String] = [:]

    package init(id: NodeID, description: NodeDescription, lastHeard: Timestamp) {
        self.id = id
        self.description = description
        self.lastHeard = lastHeard
    }

    package var slots: Int64 { max(1, Int64(description.slots)) }

    /// Bytes that pages may still take.
    package var room: Int64 { description.pageBudget - pageBytes }

    /// Whether the node has the program at `place` of the table of programs.
    package func state(of place: Int) -> ProgramState {
        place < programs.count ? programs[place] : .absent
    }

    /// Whether it may be given tasks of the program at `place` of the table of programs.
    package func takesWork(of place: Int) -> Bool { drain == nil && state(of: place) == .ready }

    /// Notes how far the node is with a program; what went wrong before is forgotten.
    package mutating func set(_ state: ProgramState, of place: Int) {
        while programs.count <= place { programs.append(.absent) }
        programs[place] = state
        readyPrograms = programs.indices.reduce(0) { bits, program in
            programs[program] == .ready ? bits | NodeOffer.bit(of: program) : bits
        }
        if state != .failed { programFailures[place] = nil }
    }
}

/// Nodes, ascending by id, so that every walk over them has the same order in every process.
package struct NodeTable: Sendable {
    package private(set) var nodes: [NodeRecord] = []
    private var ids: [NodeID] = []
    /// What groups of nodes have to offer; true once `refresh` was called after the last change.
    private var offers = NodeOffers()
    /// Nodes whose offer may have changed: each once.
    private var changed: [Int] = []
    private var isChanged: [Bool] = []
    private let assignedMax: Int
    /// Slots of all nodes.
    package private(set) var slots: Int64 = 0
    /// Bytes that pages may take on all nodes.
    package private(set) var pageBudget: Int64 = 0

    /// - Parameter assignedMax: tasks from which on a node takes none to wait for a core.
    package init(assignedMax: Int) { self.assignedMax = assignedMax }

    /// Where the node stands now; nil: it has not joined, or is lost.
    package func place(of node: NodeID) -> Int? {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < node { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == node ? low : nil
    }

    package subscript(place: Int) -> NodeRecord {
        get { nodes[place] }
        _modify {
            if !isChanged[place] {
                isChanged[place] = true
                changed.append(place)
            }
            yield &nodes[place]
        }
    }

    /// Adds a node that was never there before.
    package mutating func insert(_ node: NodeRecord) {
        precondition(place(of: node.id) == nil, "a node's id is never used again")
        slots += node.slots
        pageBudget += max(0, min(node.description.pageBudget, 1 << 48))
        let isLast = ids.last.map { $0 < node.id } ?? true
        guard isLast, offers.hasPlace(after: nodes.count) else {
            nodes.append(node)
            nodes.sort { $0.id < $1.id }
            return rebuild()
        }
        nodes.append(node)
        ids.append(node.id)
        isChanged.append(true)
        changed.append(nodes.count - 1)
    }

    /// Forgets the node that stands there.
    package mutating func remove(at place: Int) {
        slots -= nodes[place].slots
        pageBudget -= max(0, min(nodes[place].description.pageBudget, 1 << 48))
        nodes.remove(at: place)
        rebuild()
    }

    private mutating func rebuild() {
        ids = nodes.map(\.id)
        changed = []
        isChanged = Array(repeating: false, count: nodes.count)
        offers.replace(with: nodes.map { NodeOffer($0, assignedMax: assignedMax) })
    }

    // MARK: All nodes at once

    /// Takes note of what has changed: before anything is asked of all nodes.
    package mutating func refresh() {
        for place in changed {
            isChanged[place] = false
            offers.set(NodeOffer(nodes[place], assignedMax: assignedMax), at: place)
        }
        changed.removeAll(keepingCapacity: true)
    }

    /// What all nodes have together.
    package var offer: NodeOffer {
        checkIsFresh()
        return offers.root
    }

    /// The first node of a group that is wanted for which `isWanted` answers true itself.
    package func first(
        inGroups isGroupWanted: (NodeOffer) -> Bool, where isWanted: (NodeRecord) -> Bool
    ) -> Int? {
        checkIsFresh()
        var found: Int?
        offers.forEach(where: isGroupWanted) { place in
            if isWanted(nodes[place]) { found = place }
            return found == nil
        }
        return found
    }

    /// The places of nodes in groups that are wanted, ascending.
    package func places(inGroups isGroupWanted: (NodeOffer) -> Bool) -> [Int] {
        checkIsFresh()
        var found: [Int] = []
        offers.forEach(where: isGroupWanted) { place in
            found.append(place)
            return true
        }
        return found
    }

    /// The node for which `cost` answers least, the first of equal ones: see `NodeOffers`.
    package func cheapest(
        inGroups isGroupWanted: (NodeOffer) -> Bool, _ cost: (NodeRecord) -> Double?
    ) -> (place: Int, cost: Double)? {
        checkIsFresh()
        return offers.cheapest(where: isGroupWanted) { cost(nodes[$0]) }
    }

    /// The node with most memory for pages among those that are not to leave.
    var largestThatStays: NodeDescription? {
        checkIsFresh()
        var largest: NodeDescription?
        offers.forEach {
            $0.largestBudget > largest?.pageBudget ?? .min
        } _: { place in
            largest = nodes[place].description
            return true
        }
        return largest
    }

    /// The node with most room for pages among those that are not to leave, the first of equal
    /// ones.
    package func roomiest(except isAvoided: (NodeID) -> Bool) -> Int? {
        checkIsFresh()
        return offers.roomiest { !isAvoided(nodes[$0].id) }
    }

    /// Traps with a sentence when an offer is not what its nodes have; for tests.
    package func checkOffers() {
        precondition(ids == nodes.map(\.id), "nodes are not where their ids are")
        precondition(slots == nodes.reduce(0) { $0 + $1.slots }, "slots are counted wrongly")
        for (place, node) in nodes.enumerated() where !isChanged[place] {
            precondition(
                offers[place] == NodeOffer(node, assignedMax: assignedMax),
                "the offer of node \(node.id.rawValue) is out of date")
        }
        offers.check()
    }

    private func checkIsFresh() {
        precondition(changed.isEmpty, "the offers of nodes are out of date")
    }
}
