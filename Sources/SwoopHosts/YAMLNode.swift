// A document of YAML as nodes with their lines. libyaml parses; what its events mean is here.
// HostList+File.swift says what a hosts file means.

import CSwoopSystem
import CSwoopYAML

/// A node of a YAML document, and the line on which it begins, from 1.
indirect enum YAMLNode {
    /// A text; what it would be resolved to (a number, a date) is not asked.
    case scalar(String, line: Int)
    case sequence([YAMLNode], line: Int)
    /// In the order of the file; no two keys are the same text.
    case mapping([(key: YAMLNode, value: YAMLNode)], line: Int)

    /// Where the node begins.
    var line: Int {
        switch self {
        case .scalar(_, let line), .sequence(_, let line), .mapping(_, let line): line
        }
    }

    /// The text of a scalar; nil for anything else.
    var text: String? {
        if case .scalar(let text, _) = self { text } else { nil }
    }

    /// The one document in a text; nil when there is none.
    ///
    /// Anchors and aliases are refused: a node of aliases stands for as many nodes as its author
    /// likes. So is what is nested deeper than any hosts file.
    static func document(in text: String) throws(HostListError) -> YAMLNode? {
        guard swoop_load_later(Int32(SWOOP_LATER_YAML)) != 0 else {
            throw HostListError(
                "libyaml-0.so.2, by which hosts files are read, is not on this machine; install it"
                    + " (libyaml-0-2 on Debian)")
        }
        var reader = YAMLReader(text)
        return try reader.document()
    }
}

/// A parser of libyaml's, and the event that it is at.
@safe
private struct YAMLReader: ~Copyable {
    /// A hosts file has four levels.
    private static let depthMax = 32

    /// What an event says, without libyaml's memory.
    private enum Event {
        case beginning, ending, documentStart, documentEnd
        case scalar(String)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    /// libyaml keeps pointers into the parser: it does not move.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private var line = 0

    init(_ text: String) {
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        unsafe bytes = .allocate(capacity: max(1, text.utf8.count))
        _ = unsafe bytes.initialize(from: text.utf8)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            preconditionFailure("libyaml has no memory for its parser")
        }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, text.utf8.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe bytes.deallocate()
    }

    /// The one document of the text.
    mutating func document() throws(HostListError) -> YAMLNode? {
        guard case .beginning = try next() else { return nil }
        guard case .documentStart = try next() else { return nil }
        let root = try node(at: try next(), depth: 0)
        _ = try next()
        guard case .ending = try next() else {
            throw HostListError("a hosts file is one document: no `---` behind it", line: line)
        }
        return root
    }

    private mutating func node(at event: Event, depth: Int) throws(HostListError) -> YAMLNode {
        guard depth < Self.depthMax else {
            throw HostListError("is nested deeper than a hosts file", line: line)
        }
        let start = line
        switch event {
        case .scalar(let text): return .scalar(text, line: start)
        case .sequenceStart:
            var nodes: [YAMLNode] = []
            while true {
                let event = try next()
                if case .sequenceEnd = event { return .sequence(nodes, line: start) }
                nodes.append(try node(at: event, depth: depth + 1))
            }
        case .mappingStart:
            var pairs: [(key: YAMLNode, value: YAMLNode)] = []
            var keys: Set<String> = []
            while true {
                let event = try next()
                if case .mappingEnd = event { return .mapping(pairs, line: start) }
                let key = try node(at: event, depth: depth + 1)
                if let text = key.text, !keys.insert(text).inserted {
                    throw HostListError("the same key twice: \(text)", line: key.line)
                }
                pairs.append((key, try node(at: try next(), depth: depth + 1)))
            }
        default: throw HostListError("is no YAML: a value is missing", line: start)
        }
    }

    /// Parses the next event and says what it is.
    private mutating func next() throws(HostListError) -> Event {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem }
        defer { unsafe yaml_event_delete(&event) }
        line = unsafe Int(event.start_mark.line) + 1
        if unsafe Self.isAnchored(event) {
            throw HostListError(
                "anchors (&) and aliases (*) are not read here: write what they stand for, or put a"
                    + " value that begins so into quotes", line: line)
        }
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: return .beginning
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let text = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return .scalar(unsafe String(decoding: text, as: UTF8.self))
        case YAML_SEQUENCE_START_EVENT: return .sequenceStart
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT: return .mappingStart
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        default: return .ending
        }
    }

    private static func isAnchored(_ event: yaml_event_t) -> Bool {
        switch unsafe event.type {
        case YAML_ALIAS_EVENT: true
        case YAML_SCALAR_EVENT: unsafe event.data.scalar.anchor != nil
        case YAML_SEQUENCE_START_EVENT: unsafe event.data.sequence_start.anchor != nil
        case YAML_MAPPING_START_EVENT: unsafe event.data.mapping_start.anchor != nil
        default: false
        }
    }

    /// What libyaml says of the text where it stopped.
    private var problem: HostListError {
        guard let words = unsafe parser.pointee.problem else {
            return HostListError("is no YAML, or there is no memory to read it")
        }
        let line = unsafe Int(parser.pointee.problem_mark.line) + 1
        return HostListError("is no YAML here: \(unsafe String(cString: words))", line: line)
    }
}
