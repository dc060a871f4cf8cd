// Reports of runs as the ring carries them: the kind, the attempt, then what the kind adds. Between
// machines the same reports are columns (ReportTable.swift).

internal import SwoopModel

extension ByteWriter {
    mutating func report(_ report: RunReport) {
        switch report {
        case .started(let attempt): head(.started, attempt)
        case .suspended(let attempt): head(.suspended, attempt)
        case .resumed(let attempt): head(.resumed, attempt)
        case .returned(let attempt): head(.returned, attempt)
        case .ended(let attempt, let outcome, let record):
            ended(attempt, outcome)
            self.record(record)
        case .childrenEnded(let attempt, let function, let records):
            head(.childrenEnded, attempt)
            text(function)
            count(records.count)
            for record in records { self.record(record) }
        }
    }

    private mutating func head(_ kind: ReportKind, _ attempt: AttemptID) {
        byte(kind.rawValue)
        self.attempt(attempt)
    }

    private mutating func ended(_ attempt: AttemptID, _ outcome: RunOutcome) {
        switch outcome {
        case .finished(.inline(let bytes)):
            head(.endedWithValue, attempt)
            block(bytes)
        case .finished(.page(let pages)):
            head(.endedWithPage, attempt)
            self.pages(pages)
        case .failed(let failure):
            head(.failed, attempt)
            self.failure(failure)
        case .cancelled: head(.cancelled, attempt)
        }
    }

    private mutating func record(_ record: RunRecord) {
        doubles(record.features)
        signed(record.elements)
        signed(record.bytesIn)
        signed(record.bytesOut)
        signed(record.cpuNanoseconds)
        signed(record.wallNanoseconds)
        flag(record.isCold)
    }

    private mutating func failure(_ failure: TaskFailure) {
        byte(failure.kind.rawValue)
        text(failure.message)
        text(failure.errorType)
        text(failure.file)
        varint(UInt64(failure.line))
        text(failure.function)
        task(failure.task)
        varint(UInt64(failure.attempt))
        text(failure.node)
        signed(Int64(failure.signal))
        count(failure.frames.count)
        for frame in failure.frames { varint(frame) }
        text(failure.image)
        count(failure.lastOutput.count)
        for line in failure.lastOutput { text(line) }
        block(failure.thrown)
    }
}

extension ByteReader {
    mutating func report() throws(WireError) -> RunReport {
        let kind = try enumeration(ReportKind.self)
        let attempt = try attempt()
        switch kind {
        case .started: return .started(attempt)
        case .suspended: return .suspended(attempt)
        case .resumed: return .resumed(attempt)
        case .returned: return .returned(attempt)
        case .endedWithValue:
            return .ended(attempt, .finished(.inline(try block())), try record())
        case .endedWithPage:
            return .ended(attempt, .finished(.page(try pages())), try record())
        case .failed: return .ended(attempt, .failed(try failure()), try record())
        case .cancelled: return .ended(attempt, .cancelled, try record())
        case .childrenEnded:
            return .childrenEnded(
                attempt, function: try text(),
                records: try list(bytesEach: LeastBytes.record) {
                    (reader) throws(WireError) in try reader.record()
                })
        }
    }

    private mutating func record() throws(WireError) -> RunRecord {
        RunRecord(
            features: try doubles(), elements: try signed(.number),
            bytesIn: try signed(.number), bytesOut: try signed(.number),
            cpuNanoseconds: try signed(.number), wallNanoseconds: try signed(.number),
            isCold: try flag())
    }

    private mutating func failure() throws(WireError) -> TaskFailure {
        var failure = TaskFailure(kind: try enumeration(FailureKind.self), message: try text())
        failure.errorType = try text()
        failure.file = try text()
        failure.line = try small(.number)
        failure.function = try text()
        failure.task = try task()
        failure.attempt = try small(.number)
        failure.node = try text()
        failure.signal = try signed32()
        failure.frames = try list(bytesEach: 1) {
            (reader) throws(WireError) in try reader.varint(.number)
        }
        failure.image = try text()
        failure.lastOutput = try list(bytesEach: LeastBytes.text) {
            (reader) throws(WireError) in try reader.text()
        }
        failure.thrown = try block()
        return failure
    }

    /// A signed number that must fit 32 bits.
    mutating func signed32() throws(WireError) -> Int32 {
        let start = offset
        guard let number = Int32(exactly: try signed(.number)) else {
            throw .malformed(.number, offset: start)
        }
        return number
    }
}
