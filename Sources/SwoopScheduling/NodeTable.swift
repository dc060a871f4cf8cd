// The scheduler's table of nodes: few, so a sorted array.

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
    /// Every assigned task that may not have been begun, and others.
    package var ahead: [TaskIndex] = []
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
        if state != .failed { programFailures[place] = nil }
    }
}

/// Nodes, ascending by id, so that every walk over them has the same order in every process.
package struct NodeTable: Sendable {
    package private(set) var nodes: [NodeRecord] = []

    package init() {}

    /// Where the node stands now; nil: it has not joined, or is lost.
    package func place(of node: NodeID) -> Int? { nodes.firstIndex { $0.id == node } }

    package subscript(place: Int) -> NodeRecord {
        get { nodes[place] }
        _modify { yield &nodes[place] }
    }

    /// Adds a node that was never there before.
    package mutating func insert(_ node: NodeRecord) {
        precondition(place(of: node.id) == nil, "a node's id is never used again")
        nodes.append(node)
        nodes.sort { $0.id < $1.id }
    }

    /// Forgets the node that stands there.
    package mutating func remove(at place: Int) { nodes.remove(at: place) }
}
