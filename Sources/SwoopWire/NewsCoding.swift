// What people read, as fields: failures, printed lines, progress, what every core does.
// The ring has failures and lines in bytes of its own (RingReports.swift, RingNouns.swift).

internal import SwoopModel

extension ProtoFailure {
    init(_ failure: TaskFailure) {
        self.init()
        kind = UInt32(failure.kind.rawValue)
        message = failure.message
        errorType = failure.errorType
        file = failure.file
        line = failure.line
        function = failure.function
        task = ProtoTasks(failure.task)
        attempt = failure.attempt
        node = failure.node
        signal = failure.signal
        frame = failure.frames
        image = failure.image
        lastOutput = failure.lastOutput
        thrown = failure.thrown
    }

    func failure() throws(WireError) -> TaskFailure {
        var failure = TaskFailure(
            kind: try enumeration(FailureKind.self, kind), message: message,
            task: try task.task())
        failure.errorType = errorType
        failure.file = file
        failure.line = line
        failure.function = function
        failure.attempt = attempt
        failure.node = node
        failure.signal = signal
        failure.frames = frame
        failure.image = image
        failure.lastOutput = lastOutput
        failure.thrown = thrown
        return failure
    }
}

extension ProtoLine {
    init(_ line: OutputLine) {
        self.init()
        task = ProtoTasks(line.task)
        function = line.function
        node = line.node
        text = line.text
        isError = line.isError
        dropped = line.dropped
    }

    func outputLine() throws(WireError) -> OutputLine {
        OutputLine(
            task: try task.task(), function: function, node: node, text: text, isError: isError,
            dropped: dropped)
    }
}

extension ProtoProgress {
    init(_ progress: ProgressCount) {
        self.init()
        done = progress.done
        failed = progress.failed
        running = progress.running
        total = progress.total
        bytesIn = progress.bytesIn
        bytesOut = progress.bytesOut
        nanosecondsLeft = progress.nanosecondsLeft
        leftLeast = progress.nanosecondsLeftLeast
        leftMost = progress.nanosecondsLeftMost
        moved = progress.movedBytes
        cancelled = progress.cancelled
    }

    var progressCount: ProgressCount {
        ProgressCount(
            done: done, failed: failed, cancelled: cancelled, running: running, total: total,
            bytesIn: bytesIn, bytesOut: bytesOut, movedBytes: moved,
            nanosecondsLeft: nanosecondsLeft, nanosecondsLeftLeast: leftLeast,
            nanosecondsLeftMost: leftMost)
    }
}

extension ProtoSlot {
    init(_ slot: SlotUsage) {
        self.init()
        if let name = slot.function { function = name }
        if let id = slot.task { task = ProtoTasks(id) }
        elapsed = slot.elapsedNanoseconds
        busy = slot.busyNanoseconds
    }

    func usage() throws(WireError) -> SlotUsage {
        SlotUsage(
            function: function, task: try task?.task(),
            elapsedNanoseconds: elapsed, busyNanoseconds: busy)
    }
}

extension [ProtoSlot] {
    func usage() throws(WireError) -> [SlotUsage] {
        var usage: [SlotUsage] = []
        for slot in self { usage.append(try slot.usage()) }
        return usage
    }
}

extension ProtoUsage {
    init(_ usage: ClusterUsage) {
        self.init()
        node = usage.nodes.map { node in
            var message = ProtoUsage.OfNode()
            message.node = node.node.rawValue
            message.name = node.name
            message.slot = node.slots.map(ProtoSlot.init)
            message.cpu = node.cpuNanoseconds
            message.resident = node.residentBytes
            message.fetched = node.fetchedBytes
            message.given = node.givenBytes
            message.pageBudget = node.pageBudget
            message.age = node.ageNanoseconds
            message.isSilent = node.isSilent
            return message
        }
        progress = ProtoProgress(usage.progress)
    }

    func usage() throws(WireError) -> ClusterUsage {
        var nodes: [NodeUsage] = []
        for message in node {
            nodes.append(
                NodeUsage(
                    node: NodeID(message.node), name: message.name,
                    slots: try message.slot.usage(), cpuNanoseconds: message.cpu,
                    residentBytes: message.resident, fetchedBytes: message.fetched,
                    givenBytes: message.given,
                    pageBudget: message.pageBudget, ageNanoseconds: message.age,
                    isSilent: message.isSilent))
        }
        return ClusterUsage(nodes: nodes, progress: progress.progressCount)
    }
}

extension ProtoHistory {
    init(_ history: FunctionHistory) {
        self.init()
        identity = history.identity
        node = history.node
        isOptimised = history.isOptimised
        fingerprint = history.fingerprint
        records = ProtoRecordTable(history.records)
    }

    func history() throws(WireError) -> FunctionHistory {
        FunctionHistory(
            identity: identity, node: node, isOptimised: isOptimised, fingerprint: fingerprint,
            records: try records.records())
    }
}
