// What happened, as fields: failures, lines, notices, reports, records of runs.
// What a message of the wire consists of; how fields become bytes: FieldCoding.swift. A number that
// was given to a field is never given to another one; raise `wireVersion` in Preamble.swift when an
// older reader would misunderstand.

struct ProtoFailure: WireFields {
    var kind: UInt32 = 0
    var message = ""
    var errorType = ""
    var file = ""
    var line: UInt32 = 0
    var function = ""
    var task = ProtoTasks()
    var attempt: UInt32 = 0
    var node = ""
    var signal: Int32 = 0
    var frame: [UInt64] = []
    var image = ""
    var lastOutput: [String] = []
    var thrown: [UInt8] = []

    func write(to fields: inout FieldWriter) {
        fields.integer(1, kind)
        fields.text(2, message)
        fields.text(3, errorType)
        fields.text(4, file)
        fields.integer(5, line)
        fields.text(6, function)
        fields.message(7, task)
        fields.integer(8, attempt)
        fields.text(9, node)
        fields.integer(10, signal)
        fields.integers(11, frame)
        fields.text(12, image)
        fields.texts(13, lastOutput)
        fields.bytes(14, thrown)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: kind = try field.integer()
        case 2: message = try field.text()
        case 3: errorType = try field.text()
        case 4: file = try field.text()
        case 5: line = try field.integer()
        case 6: function = try field.text()
        case 7: task = try field.message()
        case 8: attempt = try field.integer()
        case 9: node = try field.text()
        case 10: signal = try field.integer()
        case 11: try field.integers(into: &frame)
        case 12: image = try field.text()
        case 13: try field.texts(into: &lastOutput)
        case 14: thrown = try field.bytes()
        default: try field.skip()
        }
    }
}

struct ProtoLine: WireFields {
    var task = ProtoTasks()
    var function = ""
    var node = ""
    var text = ""
    var isError = false
    var dropped: UInt32 = 0

    func write(to fields: inout FieldWriter) {
        fields.message(1, task)
        fields.text(2, function)
        fields.text(3, node)
        fields.text(4, text)
        fields.flag(5, isError)
        fields.integer(6, dropped)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: task = try field.message()
        case 2: function = try field.text()
        case 3: node = try field.text()
        case 4: text = try field.text()
        case 5: isError = try field.flag()
        case 6: dropped = try field.integer()
        default: try field.skip()
        }
    }
}

struct ProtoLines: WireFields {
    var line: [ProtoLine] = []

    func write(to fields: inout FieldWriter) {
        fields.messages(1, line)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: line.append(try field.message())
        default: try field.skip()
        }
    }
}

struct ProtoProgress: WireFields {
    var done: UInt64 = 0
    var failed: UInt64 = 0
    var running: UInt64 = 0
    var total: UInt64 = 0
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    var nanosecondsLeft: Int64 = 0
    /// Bytes that its tasks read from other nodes.
    var moved: UInt64 = 0
    var cancelled: UInt64 = 0
    /// The range of what is left.
    var leftLeast: Int64 = 0
    var leftMost: Int64 = 0

    func write(to fields: inout FieldWriter) {
        fields.integer(1, done)
        fields.integer(2, failed)
        fields.integer(3, running)
        fields.integer(4, total)
        fields.integer(5, bytesIn)
        fields.integer(6, bytesOut)
        fields.integer(7, nanosecondsLeft)
        fields.integer(8, moved)
        fields.integer(9, cancelled)
        fields.integer(10, leftLeast)
        fields.integer(11, leftMost)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: done = try field.integer()
        case 2: failed = try field.integer()
        case 3: running = try field.integer()
        case 4: total = try field.integer()
        case 5: bytesIn = try field.integer()
        case 6: bytesOut = try field.integer()
        case 7: nanosecondsLeft = try field.integer()
        case 8: moved = try field.integer()
        case 9: cancelled = try field.integer()
        case 10: leftLeast = try field.integer()
        case 11: leftMost = try field.integer()
        default: try field.skip()
        }
    }
}

/// Rows in order; each kind takes its next entry of the lists below. Followed by the
/// frame of all values.
struct ProtoNotices: WireFields {
    /// NoticeKind in NoticeTable.swift
    var kind: [UInt32] = []
    /// Of all but printed, remark and progress
    var task = ProtoTasks()
    /// Per finished: 0 for no value, else its length and one
    var valueLength: [UInt64] = []
    /// Per finished
    var byteCount: [Int64] = []
    /// Per finished
    var elementCount: [Int64] = []
    var failure: [ProtoFailure] = []
    var line: [ProtoLine] = []
    var remark: [String] = []
    var progress: [ProtoProgress] = []
    /// Per roomLent
    var lentOffset: [Int64] = []
    /// The same
    var lentByteCount: [Int64] = []

    func write(to fields: inout FieldWriter) {
        fields.integers(1, kind)
        fields.message(2, task)
        fields.integers(3, valueLength)
        fields.zigzags(4, byteCount)
        fields.zigzags(5, elementCount)
        fields.messages(6, failure)
        fields.messages(7, line)
        fields.texts(8, remark)
        fields.messages(9, progress)
        fields.zigzags(10, lentOffset)
        fields.zigzags(11, lentByteCount)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: try field.integers(into: &kind)
        case 2: task = try field.message()
        case 3: try field.integers(into: &valueLength)
        case 4: try field.zigzags(into: &byteCount)
        case 5: try field.zigzags(into: &elementCount)
        case 6: failure.append(try field.message())
        case 7: line.append(try field.message())
        case 8: try field.texts(into: &remark)
        case 9: progress.append(try field.message())
        case 10: try field.zigzags(into: &lentOffset)
        case 11: try field.zigzags(into: &lentByteCount)
        default: try field.skip()
        }
    }
}

/// The wall column has one entry per row.
struct ProtoRecordTable: WireFields {
    var wall: [Int64] = []
    /// [0/1/n]
    var cpu: [Int64] = []
    /// [0/1/n]
    var elements: [Int64] = []
    /// [0/1/n]
    var bytesIn: [Int64] = []
    /// [0/1/n]
    var bytesOut: [Int64] = []
    /// [0/1/n]
    var isCold: [UInt32] = []
    /// [0/1/n]
    var featureCount: [UInt32] = []
    var feature: [Double] = []

    func write(to fields: inout FieldWriter) {
        fields.zigzags(1, wall)
        fields.zigzags(2, cpu)
        fields.zigzags(3, elements)
        fields.zigzags(4, bytesIn)
        fields.zigzags(5, bytesOut)
        fields.integers(6, isCold)
        fields.integers(7, featureCount)
        fields.fixeds(8, feature)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: try field.zigzags(into: &wall)
        case 2: try field.zigzags(into: &cpu)
        case 3: try field.zigzags(into: &elements)
        case 4: try field.zigzags(into: &bytesIn)
        case 5: try field.zigzags(into: &bytesOut)
        case 6: try field.integers(into: &isCold)
        case 7: try field.integers(into: &featureCount)
        case 8: try field.fixeds(into: &feature)
        default: try field.skip()
        }
    }
}

struct ProtoHistory: WireFields {
    var identity = ""
    var node = ""
    var isOptimised = false
    var fingerprint: UInt64 = 0
    var records = ProtoRecordTable()

    func write(to fields: inout FieldWriter) {
        fields.text(1, identity)
        fields.text(2, node)
        fields.flag(3, isOptimised)
        fields.fixed(4, fingerprint)
        fields.message(5, records)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: identity = try field.text()
        case 2: node = try field.text()
        case 3: isOptimised = try field.flag()
        case 4: fingerprint = try field.fixed()
        case 5: records = try field.message()
        default: try field.skip()
        }
    }
}

struct ProtoHistories: WireFields {
    var history: [ProtoHistory] = []

    func write(to fields: inout FieldWriter) {
        fields.messages(1, history)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: history.append(try field.message())
        default: try field.skip()
        }
    }
}

/// Rows in order; each kind takes its next entry of the lists below. Followed by the
/// frame of all values.
struct ProtoReports: WireFields {
    /// ReportKind in ReportTable.swift
    var kind: [UInt32] = []
    var attempt = ProtoAttempts()
    /// Per run that ended with a value
    var valueLength: [UInt64] = []
    /// Per part of a run's page
    var pageByteCount: [Int64] = []
    /// The same
    var pageElementCount: [Int64] = []
    var failure: [ProtoFailure] = []
    var childFunction: [String] = []
    var childCount: [UInt32] = []
    /// One per ended run, child_count for ended children
    var record = ProtoRecordTable()
    /// Per run that ended with a page
    var pagePartCount: [UInt32] = []
    /// Per part of a run's page
    var pageChecksum: [UInt64] = []
    /// Of whose leases the runs are
    var epoch: UInt64 = 0

    func write(to fields: inout FieldWriter) {
        fields.integers(1, kind)
        fields.message(2, attempt)
        fields.integers(3, valueLength)
        fields.zigzags(4, pageByteCount)
        fields.zigzags(5, pageElementCount)
        fields.messages(6, failure)
        fields.texts(7, childFunction)
        fields.integers(8, childCount)
        fields.message(9, record)
        fields.integers(10, pagePartCount)
        fields.fixeds(11, pageChecksum)
        fields.fixed(12, epoch)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: try field.integers(into: &kind)
        case 2: attempt = try field.message()
        case 3: try field.integers(into: &valueLength)
        case 4: try field.zigzags(into: &pageByteCount)
        case 5: try field.zigzags(into: &pageElementCount)
        case 6: failure.append(try field.message())
        case 7: try field.texts(into: &childFunction)
        case 8: try field.integers(into: &childCount)
        case 9: record = try field.message()
        case 10: try field.integers(into: &pagePartCount)
        case 11: try field.fixeds(into: &pageChecksum)
        case 12: epoch = try field.fixed()
        default: try field.skip()
        }
    }
}
