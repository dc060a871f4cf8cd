// The nouns of the ring as bytes, one after the other, fields in the order of their declarations.
// What happens per task lies on this path, so nothing here goes through numbered fields.

internal import SwoopModel

/// Bytes that a noun takes at least: what a count in front of many of them is checked against.
enum LeastBytes {
    static let task = 16
    static let attempt = 17
    static let text = 1
    static let argument = 1
    static let functionSpec = 14
    static let record = 7
    static let report = 18
    static let outputLine = 21
    static let runInput = 18
    static let runOrder = 28
    static let part = 10
}

private enum Tag {
    static let inline: UInt8 = 0
    static let extent: UInt8 = 1
}

extension ByteWriter {
    mutating func flag(_ value: Bool) { byte(value ? 1 : 0) }

    mutating func task(_ task: TaskID) {
        fixed128(high: task.high, low: task.low)
    }

    mutating func attempt(_ attempt: AttemptID) {
        task(attempt.task)
        varint(UInt64(attempt.number))
    }

    mutating func extent(_ extent: PageExtent) {
        byte(extent.medium.rawValue)
        signed(extent.offset)
        pages(extent.pages)
    }

    mutating func pages(_ pages: StoredPages) {
        count(pages.parts.count)
        for part in pages.parts {
            signed(part.byteCount)
            signed(part.elementCount)
            fixed64(part.checksum)
        }
    }

    mutating func functionSpec(_ spec: FunctionSpec) {
        text(spec.identity)
        text(spec.name)
        fixed64(spec.fingerprint)
        switch spec.code {
        case .remote(let identity):
            byte(0)
            text(identity)
        case .code(let image, let offset):
            byte(1)
            text(image)
            varint(offset)
        case .type(let mangledName):
            byte(2)
            text(mangledName)
        }
        flag(spec.isOptimised)
        flag(spec.isAsync)
    }

    mutating func taskSpec(_ spec: TaskSpec) {
        task(spec.id)
        varint(UInt64(spec.function.rawValue))
        count(spec.arguments.count)
        for argument in spec.arguments { self.argument(argument) }
        count(spec.pages.count)
        for page in spec.pages { task(page) }
        varint(spec.part.map { UInt64($0) + 1 } ?? 0)
        signed(spec.lower)
        signed(spec.upper)
        byte(spec.output.rawValue)
        doubles(spec.features)
    }

    mutating func runOrder(_ order: RunOrder) {
        taskSpec(order.spec)
        varint(UInt64(order.attempt))
        count(order.inputs.count)
        for input in order.inputs {
            task(input.task)
            switch input.source {
            case .inline(let bytes):
                byte(Tag.inline)
                block(bytes)
            case .extent(let extent):
                byte(Tag.extent)
                self.extent(extent)
            }
        }
        signed(order.rank)
        varint(UInt64(order.cores))
    }

    mutating func outputLine(_ line: OutputLine) {
        task(line.task)
        text(line.function)
        text(line.node)
        text(line.text)
        flag(line.isError)
        varint(UInt64(line.dropped))
    }
}

extension ByteReader {
    mutating func flag() throws(WireError) -> Bool {
        switch try byte(.enumeration) {
        case 0: false
        case 1: true
        default: throw .malformed(.enumeration, offset: offset - 1)
        }
    }

    mutating func task() throws(WireError) -> TaskID {
        TaskID(high: try fixed64(.number), low: try fixed64(.number))
    }

    mutating func attempt() throws(WireError) -> AttemptID {
        AttemptID(task: try task(), number: try small(.number))
    }

    mutating func extent() throws(WireError) -> PageExtent {
        let medium = try enumeration(PageMedium.self)
        let start = offset
        let place = try signed(.number)
        guard SizeBound.holds(place) else { throw .malformed(.number, offset: start) }
        return PageExtent(offset: place, pages: try pages(), medium: medium)
    }

    mutating func pages() throws(WireError) -> StoredPages {
        let start = offset
        let parts = try list(bytesEach: LeastBytes.part) { (reader) throws(WireError) in
            OutputPart(
                byteCount: try reader.signed(.number), elementCount: try reader.signed(.number),
                checksum: try reader.fixed64(.number))
        }
        guard !parts.isEmpty,
            parts.allSatisfy({
                SizeBound.holds($0.byteCount) && SizeBound.holds($0.elementCount)
            })
        else { throw .malformed(.number, offset: start) }
        return StoredPages(parts)
    }

    /// As many elements as the count in front says; one takes at least `bytesEach` bytes.
    @inline(__always)
    mutating func list<Element>(
        bytesEach: Int, _ element: (inout ByteReader) throws(WireError) -> Element
    ) throws(WireError) -> [Element] {
        let count = try count(bytesEach: bytesEach)
        guard count > 0 else { return [] }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }

    mutating func functionSpec() throws(WireError) -> FunctionSpec {
        let identity = try text()
        let name = try text()
        let fingerprint = try fixed64(.number)
        let code: CodeReference
        switch try byte(.enumeration) {
        case 0: code = .remote(identity: try text())
        case 1: code = .code(image: try text(), offset: try varint(.number))
        case 2: code = .type(mangledName: try text())
        default: throw .malformed(.enumeration, offset: offset - 1)
        }
        return FunctionSpec(
            identity: identity, name: name, fingerprint: fingerprint, code: code,
            isOptimised: try flag(), isAsync: try flag())
    }

    mutating func taskSpec() throws(WireError) -> TaskSpec {
        TaskSpec(
            id: try task(), function: FunctionIndex(try small(.number)),
            arguments: try list(bytesEach: LeastBytes.argument) {
                (reader) throws(WireError) in try reader.argument()
            },
            pages: try list(bytesEach: LeastBytes.task) {
                (reader) throws(WireError) in try reader.task()
            },
            part: try part(),
            lower: try signed(.number), upper: try signed(.number),
            output: try enumeration(OutputKind.self), features: try doubles())
    }

    private mutating func part() throws(WireError) -> UInt32? {
        let start = offset
        let code = try varint(.number)
        if code == 0 { return nil }
        guard let part = UInt32(exactly: code - 1) else {
            throw .malformed(.number, offset: start)
        }
        return part
    }

    mutating func runOrder() throws(WireError) -> RunOrder {
        RunOrder(
            spec: try taskSpec(), attempt: try small(.number),
            inputs: try list(bytesEach: LeastBytes.runInput) {
                (reader) throws(WireError) in try reader.runInput()
            },
            rank: try signed(.number), cores: try small(.number))
    }

    private mutating func runInput() throws(WireError) -> RunInput {
        let task = try task()
        switch try byte(.enumeration) {
        case Tag.inline: return RunInput(task: task, source: .inline(try block()))
        case Tag.extent: return RunInput(task: task, source: .extent(try extent()))
        default: throw .malformed(.enumeration, offset: offset - 1)
        }
    }

    mutating func outputLine() throws(WireError) -> OutputLine {
        OutputLine(
            task: try task(), function: try text(), node: try text(), text: try text(),
            isError: try flag(), dropped: try small(.number))
    }
}
