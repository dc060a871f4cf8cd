// What functions leave: learned from every result, since a node must not be given more work than
// it has memory for what comes of it. The forecasts add what earlier programs taught them.

package import SwoopModel

/// What is known of the sizes of one function's outputs.
package struct OutputSizes: Equatable, Sendable {
    /// What the forecasts say; nil: nothing.
    package var model: OutputModel?
    /// Whether a run has ended.
    package private(set) var isSeen = false
    /// The largest page of late.
    package private(set) var largest: Double = 0
    /// The largest page of late for each byte of input pages.
    package private(set) var largestShare: Double?

    package init() {}

    /// Learns from a result: bytes of the pages that it read, and of the one that it made.
    ///
    /// Large ones count at once, smaller ones lower the expectation by an eighth of the difference:
    /// to expect too little costs memory, to expect too much only delays.
    package mutating func learn(pageBytes: Int64, of inputBytes: Int64) {
        func follow(_ known: Double, _ new: Double) -> Double {
            new >= known ? new : known + (new - known) / 8
        }
        largest = isSeen ? follow(largest, Double(pageBytes)) : Double(pageBytes)
        isSeen = true
        guard inputBytes > 0 else { return }
        let share = Double(pageBytes) / Double(inputBytes)
        largestShare = largestShare.map { follow($0, share) } ?? share
    }

    /// Bytes of the page that a run will leave, 0 where its result travels in a message; nil:
    /// nobody knows.
    package func expected(features: [Double], inputBytes: Int64, inlineMax: Int) -> Int64? {
        expected(inputBytes: inputBytes, inlineMax: inlineMax) {
            features.indices.contains($0) ? features[$0] : nil
        }
    }

    /// The same, with features that are looked at where they are.
    func expected(
        inputBytes: Int64, inlineMax: Int, feature: (Int) -> Double?
    ) -> Int64? {
        guard let bytes = expected(inputBytes: inputBytes, feature) else { return nil }
        return bytes <= Double(inlineMax)
            ? 0 : StoredOutput.takenBytes(ofPage: Int64(min(bytes, 1e15)))
    }

    private func expected(inputBytes: Int64, _ feature: (Int) -> Double?) -> Double? {
        if inputBytes > 0, let share = largestShare { return share * Double(inputBytes) }
        if let model, let bytes = model.bytes(feature(model.feature)),
            !isSeen || model.feature >= 0
        {
            return bytes
        }
        return isSeen ? largest : nil
    }
}

extension Scheduler {
    /// Bytes of the page that the task is expected to leave; nil: its function never ended.
    func expectedOutput(of index: TaskIndex) -> Int64? {
        let place = Int(tasks.function(of: index).rawValue)
        guard place < outputSizes.count else { return 0 }
        let inputBytes = tasks.inputs(of: index).reduce(Int64(0)) {
            $0 + readBytes(of: $1, by: index)
        }
        return outputSizes[place].expected(
            inputBytes: inputBytes,
            inlineMax: tasks.output(of: index) == .page ? 0 : Agreed.reportedBytesMax
        ) { tasks.feature($0, of: index) }
    }

    /// A run of the task ended well: what it left tells of the next ones.
    mutating func learnOutput(of index: TaskIndex, _ stored: StoredOutput) {
        let place = Int(tasks.function(of: index).rawValue)
        guard place < outputSizes.count else { return }
        let inputBytes = tasks.inputs(of: index).reduce(Int64(0)) {
            $0 + readBytes(of: $1, by: index)
        }
        let wasKnown = outputSizes[place].isSeen || outputSizes[place].model != nil
        outputSizes[place].learn(pageBytes: stored.takenBytes, of: inputBytes)
        if !wasKnown { reconsider(function: place) }
    }

    /// The forecasts tell what a function leaves.
    mutating func revise(_ function: FunctionIndex, _ model: OutputModel) {
        let place = Int(function.rawValue)
        guard place < outputSizes.count else { return }
        let wasKnown = outputSizes[place].isSeen || outputSizes[place].model != nil
        outputSizes[place].model = model
        if !wasKnown { reconsider(function: place) }
    }

    /// A function is known now: its tasks that wait stand in the right line, and those that were
    /// given away are booked as what they will take.
    private mutating func reconsider(function: Int) {
        for (share, known) in shares.table.enumerated()
        where known.program == functionPrograms[function] {
            let line = ReadyLine(share: share, effect: .unknown)
            for entry in ready.popAll(line) where isStillReady(entry) {
                let effect = demand(of: entry.index).effect
                ready.restore(entry, in: ReadyLine(share: share, effect: effect))
            }
        }
        for place in nodes.nodes.indices where nodes[place].assigned > 0 {
            for index in held(at: place).map(\.index)
            where tasks[index].isUnknown && Int(tasks.function(of: index).rawValue) == function {
                withdrawPromise(index, at: place)
                promise(index, at: place)
            }
        }
    }
}
