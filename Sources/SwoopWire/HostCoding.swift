// Hosts of a standing cluster, and pages that nodes are to copy, as the fields of messages.

internal import SwoopModel

extension ProtoHostsWanted {
    init(_ wanted: HostsWanted) {
        self.init()
        file = wanted.file
        host = wanted.hosts
        acceptsNewKeys = wanted.acceptsNewKeys
        connectLimit = wanted.connectLimit
        agentSocket = wanted.agentSocket
        configuration = wanted.configuration
    }

    var wanted: HostsWanted {
        HostsWanted(
            file: file, hosts: host, acceptsNewKeys: acceptsNewKeys, connectLimit: connectLimit,
            agentSocket: agentSocket, configuration: configuration)
    }
}

extension ProtoHostsUnwanted {
    init(_ hosts: [String], within limit: Int64) {
        self.init()
        host = hosts
        self.limit = limit
    }

    init(noLongerAwaited hosts: [String]) {
        self.init()
        host = hosts
        onlyAwaited = true
    }
}

extension ProtoHosts {
    init(_ states: [HostState]) {
        self.init()
        host = states.map { state in
            var message = ProtoHost()
            message.name = state.name
            message.phase = UInt32(state.phase.rawValue)
            message.left = state.nanosecondsLeft
            message.tries = state.tries
            message.text = state.text
            return message
        }
    }

    func states() throws(WireError) -> [HostState] {
        var states: [HostState] = []
        for message in host {
            states.append(
                HostState(
                    name: message.name,
                    phase: try enumeration(HostState.Phase.self, message.phase),
                    nanosecondsLeft: message.left, tries: message.tries, text: message.text))
        }
        return states
    }
}

extension ProtoHostResult {
    init(_ result: HostResult) {
        self.init()
        host = result.host
        step = result.step
        failure = result.failure
        isCarried = result.isCarried
        remark = result.remark
    }

    var result: HostResult {
        HostResult(
            host: host, step: step, failure: failure, isCarried: isCarried, remark: remark)
    }
}

// MARK: Copies

extension MessageKind {
    /// Copies have the form of a lease: each a task without code whose one input is the page.
    func copies(_ copies: [PageCopy]) -> [[UInt8]] {
        let tasks = copies.lazy.map { copy in
            let task = copy.attempt.task
            return AssignedTask(
                spec: TaskSpec(id: task, function: FunctionIndex(0)), attempt: copy.attempt.number,
                inputs: [
                    AssignedInput(task: task, source: .stored(copy.pages, nodes: copy.nodes))
                ], rank: 0, isIsolated: false)
        }
        let (header, arguments, inputs) = PieceBuilder.encoded(
            Lease(id: LeaseID(0), firstFunction: 0, functions: [], tasks: LeasedTasks(tasks)))
        return frames(header, [arguments, inputs])
    }
}

extension IncomingFrames {
    func copies() throws(WireError) -> [PageCopy] {
        let header = try header(ProtoPiece.self, others: 2)
        let lease = try header.lease(arguments: try frame(1), inlineInputs: try frame(2))
        var copies: [PageCopy] = []
        for task in lease.tasks {
            guard task.inputs.count == 1, case .stored(let pages, let nodes) = task.inputs[0].source
            else { throw .malformed(.header, offset: 0) }
            copies.append(
                PageCopy(
                    attempt: AttemptID(task: task.spec.id, number: task.attempt), pages: pages,
                    nodes: nodes))
        }
        return copies
    }
}
