// The parts of a graph, of a lease and of a description as fields: what is not a table of
// tasks.

internal import SwoopModel

private enum CodeKind: UInt8 {
    case remote, code, type
}

extension ProtoFunction {
    init(_ spec: FunctionSpec) {
        self.init()
        identity = spec.identity
        name = spec.name
        fingerprint = spec.fingerprint
        isOptimised = spec.isOptimised
        isAsync = spec.isAsync
        program = spec.program.rawValue
        memory = spec.needs.memory
        cores = spec.needs.cores > 1 ? spec.needs.cores : 0
        timeLimit = spec.needs.timeLimit
        attempts = spec.needs.retry.attempts
        pause = spec.needs.retry.pause
        switch spec.code {
        case .remote(let identity):
            code = UInt32(CodeKind.remote.rawValue)
            text = identity
        case .code(let image, let offset):
            code = UInt32(CodeKind.code.rawValue)
            text = image
            self.offset = offset
        case .type(let mangledName):
            code = UInt32(CodeKind.type.rawValue)
            text = mangledName
        }
    }

    func spec() throws(WireError) -> FunctionSpec {
        let reference: CodeReference =
            switch try enumeration(CodeKind.self, code) {
            case .remote: .remote(identity: text)
            case .code: .code(image: text, offset: offset)
            case .type: .type(mangledName: text)
            }
        return FunctionSpec(
            identity: identity, name: name, fingerprint: fingerprint, code: reference,
            isOptimised: isOptimised, isAsync: isAsync,
            needs: TaskNeeds(
                memory: memory, cores: cores, timeLimit: timeLimit,
                retry: RetryRule(attempts: attempts, pause: pause)), program: ProgramID(program))
    }
}

extension [ProtoFunction] {
    func specs() throws(WireError) -> [FunctionSpec] {
        var specs: [FunctionSpec] = []
        for function in self { specs.append(try function.spec()) }
        return specs
    }
}

extension ProtoIteration {
    /// The columns of an iteration and its frame of bytes.
    static func encoded(_ spec: IterationSpec) -> (message: ProtoIteration, bytes: [UInt8]) {
        var writer = ByteWriter()
        writer.argument(spec.initial)
        let template = TaskColumns(spec.template)
        writer.raw(template.pool)
        var message = ProtoIteration()
        let ids = [spec.id, spec.placeholder, spec.result]
        message.id = ProtoTasks(ids + (spec.until.map { [$0] } ?? []))
        message.limit = spec.limit
        message.template = ProtoTaskTable(template)
        return (message, writer.bytes)
    }

    func spec(bytes: [UInt8]) throws(WireError) -> IterationSpec {
        let ids = try id.tasks()
        guard ids.count == 3 || ids.count == 4 else { throw .malformed(.header, offset: 0) }
        var reader = ByteReader(bytes)
        let initial = try reader.argument()
        let template = try template.columns(
            arguments: try reader.block(count: reader.remaining, .argument))
        return IterationSpec(
            id: ids[0], initial: initial, limit: limit, template: Array(template),
            placeholder: ids[1], result: ids[2], until: ids.count == 4 ? ids[3] : nil)
    }
}

extension ProtoDataTable {
    init(_ data: [DataSpec]) {
        self.init()
        id = ProtoTasks(data.map(\.id))
        output = shrunk(
            data.map { spec in
                UInt32(spec.output.rawValue) | (spec.isDeferred ? Self.deferral : 0)
                    | (spec.staysOnceBrought ? Self.stay : 0)
            }, neutral: 0)
        byteCount = shrunk(data.map(\.byteCount), neutral: 0)
    }

    /// Set in the column of outputs where the bytes come later.
    private static let deferral: UInt32 = 2
    /// Set where it stays once it has come.
    private static let stay: UInt32 = 4

    func specs() throws(WireError) -> [DataSpec] {
        let ids = try id.tasks()
        let outputs = try Column(output, rows: ids.count, neutral: 0)
        let byteCounts = try Column(byteCount, rows: ids.count, neutral: 0)
        var specs: [DataSpec] = []
        for row in ids.indices {
            guard SizeBound.holds(byteCounts[row]) else { throw .malformed(.number, offset: 0) }
            specs.append(
                DataSpec(
                    id: ids[row],
                    output: try enumeration(
                        OutputKind.self, outputs[row] & ~(Self.deferral | Self.stay)),
                    byteCount: byteCounts[row], isDeferred: outputs[row] & Self.deferral != 0,
                    staysOnceBrought: outputs[row] & Self.stay != 0))
        }
        return specs
    }
}

extension ProtoNode {
    init(_ node: NodeDescription) {
        self.init()
        name = node.name
        slots = node.slots
        pageBudget = node.pageBudget
        processID = node.processID
        reach = UInt32(node.reach.rawValue)
    }

    var description: NodeDescription {
        // What a later version may add is a way over the network too.
        let reach = UInt8(exactly: reach).flatMap(NodeReach.init(rawValue:)) ?? .network
        return NodeDescription(
            name: name, slots: slots, pageBudget: max(0, min(pageBudget, SizeBound.bytesMax)),
            processID: processID, reach: reach)
    }
}
