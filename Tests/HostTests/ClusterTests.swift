// What all tests of clusters on several hosts share: the hosts are made by the test itself, so that
// only root can run them, and they run one after the other.

import TestHosts
import TestPrograms
import Testing

/// Everything that needs hosts, one test after the other.
@Suite(
    .serialized, .enabled(if: Lab.obstacle == nil, Comment(rawValue: Lab.obstacle ?? "")),
    .timeLimit(.minutes(10)))
struct ClusterTests {}
