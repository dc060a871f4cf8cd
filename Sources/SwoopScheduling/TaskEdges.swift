// Who reads whose output: an edge for each, in the ring of the reader's inputs and in the ring of
// the dependents of what it reads. Both are in the order of linking.

/// The edges between tasks.
struct TaskEdges: Sendable {
    private struct Edge: Sendable {
        var input: Int32
        var dependent: Int32
        /// The next edge of the same dependent, the first behind the last.
        var nextInput: Int32
        /// The next and the last edge of the same input, likewise.
        var next: Int32
        var previous: Int32
    }

    /// Bytes of an edge.
    static var stride: Int { MemoryLayout<Edge>.stride }

    private var edges = BlockTable<Edge>()

    /// Adds an edge.
    ///
    /// - Parameters:
    ///   - lastInput: the dependent's last edge so far; -1: none.
    ///   - firstDependent: the input's first edge so far; -1: none.
    mutating func add(
        from input: Int, to dependent: Int, lastInput: Int32, firstDependent: Int32
    ) -> Int32 {
        let none = Edge(input: -1, dependent: -1, nextInput: -1, next: -1, previous: -1)
        let edge = Int32(edges.add { _ in none })
        var new = Edge(
            input: Int32(input), dependent: Int32(dependent), nextInput: edge, next: edge,
            previous: edge)
        if lastInput >= 0 {
            new.nextInput = edges[Int(lastInput)].nextInput
            edges[Int(lastInput)].nextInput = edge
        }
        if firstDependent >= 0 {
            let tail = edges[Int(firstDependent)].previous
            (new.previous, new.next) = (tail, firstDependent)
            edges[Int(tail)].next = edge
            edges[Int(firstDependent)].previous = edge
        }
        edges[Int(edge)] = new
        return edge
    }

    /// The edge by which a dependent reads an input, and the one before it in the ring of its
    /// inputs; nil: there is none.
    func find(_ input: Int, lastInput: Int32) -> (edge: Int32, before: Int32)? {
        guard lastInput >= 0 else { return nil }
        var before = lastInput
        repeat {
            let edge = edges[Int(before)].nextInput
            if edges[Int(edge)].input == Int32(input) { return (edge, before) }
            before = edge
        } while before != lastInput
        return nil
    }

    /// The first edge of a dependent, and the input that it leads to.
    func first(lastInput: Int32) -> (edge: Int32, input: Int) {
        let edge = edges[Int(lastInput)].nextInput
        return (edge, Int(edges[Int(edge)].input))
    }

    /// Removes an edge; answers with what is left of both rings.
    mutating func remove(
        _ edge: Int32, behind before: Int32, lastInput: Int32, firstDependent: Int32
    ) -> (lastInput: Int32, firstDependent: Int32) {
        let removed = edges[Int(edge)]
        edges[Int(removed.previous)].next = removed.next
        edges[Int(removed.next)].previous = removed.previous
        edges[Int(before)].nextInput = removed.nextInput
        _ = edges.remove(Int(edge))
        let isOnlyDependent = removed.next == edge
        let first = firstDependent == edge ? removed.next : firstDependent
        let last = lastInput == edge ? before : lastInput
        return (before == edge ? -1 : last, isOnlyDependent ? -1 : first)
    }

    /// Calls `body` with every input of a record, in order.
    func forEachInput(lastInput: Int32, _ body: (Int) -> Void) {
        guard lastInput >= 0 else { return }
        var edge = lastInput
        repeat {
            edge = edges[Int(edge)].nextInput
            body(Int(edges[Int(edge)].input))
        } while edge != lastInput
    }

    /// Calls `body` with every dependent of a record, in order.
    func forEachDependent(firstDependent: Int32, _ body: (Int) -> Void) {
        guard firstDependent >= 0 else { return }
        var edge = firstDependent
        repeat {
            body(Int(edges[Int(edge)].dependent))
            edge = edges[Int(edge)].next
        } while edge != firstDependent
    }
}
