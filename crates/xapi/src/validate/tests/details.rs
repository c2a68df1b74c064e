//! The rows of the table for what surrounds a statement's core.

use super::table::{BOTH, Base, Row, row, set};
use crate::version::Version::{V1, V2};
use serde_json::json;

pub(super) fn interactions() -> Vec<Row> {
    vec![
        set!(Full no "/object/definition/interactionType" => "XAPI-00064@/object/definition"),
        set!(Full "/object/definition/interactionType" = 1 => "XAPI-00049@/object/definition/interactionType"),
        set!(Full "/object/definition/interactionType" = "essay" => "XAPI-00049@/object/definition/interactionType"),
        set!(Full "/object/definition/interactionType" = "Matching" => "XAPI-00009@/object/definition/interactionType"),
        set!(Full "/object/definition/correctResponsesPattern" = "a" => "RB-DATA-2.4.4.1-1@/object/definition/correctResponsesPattern"),
        set!(Full "/object/definition/correctResponsesPattern/1" = 1 => "RB-DATA-2.4.4.1-1@/object/definition/correctResponsesPattern/1"),
        set!(Full "/object/definition/source" = {} => "RB-DATA-2.4.4.1-2@/object/definition/source"),
        set!(Full "/object/definition/source/1" = "b" => "RB-DATA-2.4.4.1-2@/object/definition/source/1"),
        set!(Full "/object/definition/source/1" = {} => "RB-DATA-2.4.4.1-2@/object/definition/source/1"),
        set!(Full "/object/definition/source/1/id" = 2 => "RB-DATA-2.4.4.1-2@/object/definition/source/1/id"),
        set!(Full "/object/definition/source/1/name" = "B" => "XAPI-00010@/object/definition/source/1/name"),
        set!(Full "/object/definition/target/1/id" = "1" => "RB-DATA-2.4.4.1-3@/object/definition/target"),
        set!(Full "/object/definition/choices" = [] => "RB-DATA-2.4.4.1-4@/object/definition/choices"),
        set!(Full "/object/definition/source/0/description" = "A" => "RB-DATA-2.4.4.1-5@/object/definition/source/0/description"),
    ]
}

pub(super) fn results() -> Vec<Row> {
    vec![
        set!(Full "/result/success" = "true" => "XAPI-00074@/result/success"),
        set!(Full "/result/completion" = 1 => "XAPI-00075@/result/completion"),
        set!(Full "/result/response" = 1 => "XAPI-00076@/result/response"),
        set!(Full "/result/duration" = 62 => "XAPI-00077@/result/duration"),
        set!(Full "/result/duration" = "P4W1D" => "XAPI-00124@/result/duration"),
        set!(Full "/result/extensions" = [] => "XAPI-00078@/result/extensions"),
        set!(Full "/result/extensions/x" = {} => "XAPI-00118@/result/extensions/x"),
        set!(Full "/result/score" = 0.5 => "XAPI-00079@/result/score"),
        set!(Full "/result/score/percent" = 50 => "XAPI-00010@/result/score/percent"),
        set!(Full "/result/score/scaled" = "0.5" => "XAPI-00083@/result/score/scaled"),
        set!(Full "/result/score/scaled" = 1.00001 => "XAPI-00083@/result/score/scaled"),
        set!(Full "/result/score/scaled" = (-1.5) => "XAPI-00083@/result/score/scaled"),
        set!(Full "/result/score/raw" = "5" => "XAPI-00082@/result/score/raw"),
        set!(Full "/result/score/raw" = 10.5 => "XAPI-00082@/result/score/raw"),
        set!(Full "/result/score/raw" = (-1) => "XAPI-00082@/result/score/raw"),
        set!(Full "/result/score/min" = "0" => "XAPI-00081@/result/score/min"),
        set!(Full "/result/score/min" = 10 => "XAPI-00081@/result/score/min"),
        set!(Full "/result/score/max" = "10" => "XAPI-00080@/result/score/max"),
    ]
}

pub(super) fn contexts() -> Vec<Row> {
    vec![
        set!(Full "/context/registration" = "x" => "XAPI-00087-1@/context/registration"),
        set!(Full "/context/instructor" = [] => "XAPI-00087-2@/context/instructor"),
        set!(Full "/context/team" = { "mbox": "mailto:x@y" } => "XAPI-00088@/context/team"),
        set!(Full "/context/team/objectType" = "Agent" => "XAPI-00088@/context/team"),
        set!(Full no "/context/team/objectType" => "XAPI-00088@/context/team"),
        set!(Full "/context/team/objectType" = "Team" => "XAPI-00031@/context/team/objectType"),
        set!(Full "/context/team" = "x" => "XAPI-00088@/context/team"),
        set!(Full "/context/contextActivities" = [] => "XAPI-00086@/context/contextActivities"),
        set!(Full "/context/contextActivities/sibling" = [] => "XAPI-00093@/context/contextActivities/sibling"),
        set!(Full "/context/contextActivities/Parent" = [] => "XAPI-00008@/context/contextActivities/Parent"),
        set!(Full "/context/contextActivities/parent" = "x" => "XAPI-00094@/context/contextActivities/parent"),
        set!(Full "/context/contextActivities/parent/0" = "x" => "XAPI-00094@/context/contextActivities/parent/0"),
        set!(Full "/context/contextActivities/parent/0" = {} => "XAPI-00047@/context/contextActivities/parent/0"),
        set!(Full "/context/contextActivities/parent/0/objectType" = "Agent" => "XAPI-00046@/context/contextActivities/parent/0/objectType"),
        set!(Full "/context/contextActivities/other/id" = 1 => "XAPI-00047@/context/contextActivities/other/id"),
        set!(Full "/context/revision" = 2 => "XAPI-00089@/context/revision"),
        set!(Full "/context/platform" = {} => "XAPI-00090@/context/platform"),
        set!(Full "/context/language" = 1 => "XAPI-00091@/context/language"),
        set!(Full "/context/language" = "en_US" => "XAPI-00091@/context/language"),
        set!(Full "/context/statement" = "x" => "XAPI-00092@/context/statement"),
        set!(Full no "/context/statement/objectType" => "XAPI-00073@/context/statement"),
        set!(Full "/context/statement/objectType" = "Activity" => "XAPI-00073@/context/statement/objectType"),
        set!(Full "/context/statement/id" = "x" => "XAPI-00072@/context/statement/id"),
        set!(Full "/context/extensions" = 1 => "RB-DATA-2.4.6-4@/context/extensions"),
        set!(Full "/context/extensions/x~1y" = 1 => "XAPI-00118@/context/extensions/x~1y"),
        set!(Full V1 "/context/contextAgents" = [] => "XAPI-00010@/context/contextAgents"),
        set!(Full V1 "/context/contextGroups" = [] => "XAPI-00010@/context/contextGroups"),
        set!(Full V2 "/context/contextAgents" = {} => "RB-DATA-2.4.6-1@/context/contextAgents"),
        set!(Full V2 "/context/contextAgents/0" = 1 => "RB-DATA-2.4.6-1@/context/contextAgents/0"),
        set!(Full V2 "/context/contextAgents/0/objectType" = "Agent" => "RB-DATA-2.4.6-1@/context/contextAgents/0/objectType"),
        set!(Full V2 "/context/contextAgents/0/objectType" = "ContextAgent" => "XAPI-00009@/context/contextAgents/0/objectType"),
        set!(Full V2 no "/context/contextAgents/0/objectType" => "RB-DATA-2.4.6-1@/context/contextAgents/0"),
        set!(Full V2 no "/context/contextAgents/0/agent" => "RB-DATA-2.4.6-1@/context/contextAgents/0"),
        set!(Full V2 "/context/contextAgents/0/agent" = {} => "XAPI-00034@/context/contextAgents/0/agent"),
        set!(Full V2 "/context/contextAgents/0/agent" = { "objectType": "Group", "openid": "http://x" } => "RB-DATA-2.4.6-1@/context/contextAgents/0/agent"),
        set!(Full V2 "/context/contextAgents/0/relevantTypes" = [] => "RB-DATA-2.4.6-3@/context/contextAgents/0/relevantTypes"),
        set!(Full V2 "/context/contextAgents/0/relevantTypes/1" = 1 => "RB-DATA-2.4.6-3@/context/contextAgents/0/relevantTypes/1"),
        set!(Full V2 "/context/contextGroups" = "x" => "RB-DATA-2.4.6-2@/context/contextGroups"),
        set!(Full V2 "/context/contextGroups/0/group" = { "mbox": "mailto:x@y" } => "RB-DATA-2.4.6-2@/context/contextGroups/0/group"),
        set!(Full V2 no "/context/contextGroups/0/group" => "RB-DATA-2.4.6-2@/context/contextGroups/0"),
        set!(Full V2 "/context/contextGroups/0/relevantTypes" = "x" => "RB-DATA-2.4.6-3@/context/contextGroups/0/relevantTypes"),
        set!(Core "/context" = { "revision": "1" } => ""),
    ]
}

pub(super) fn attachments() -> Vec<Row> {
    vec![
        set!(Full "/attachments" = {} => "XAPI-00025@/attachments"),
        set!(Full "/attachments/0" = "x" => "XAPI-00025@/attachments/0"),
        set!(Full no "/attachments/0/usageType" => "XAPI-00107@/attachments/0"),
        set!(Full "/attachments/0/usageType" = 1 => "XAPI-00107@/attachments/0/usageType"),
        set!(Full no "/attachments/0/display" => "XAPI-00106@/attachments/0"),
        set!(Full "/attachments/0/display" = "x" => "XAPI-00106@/attachments/0/display"),
        set!(Full "/attachments/0/description" = "x" => "RB-DATA-2.4.11-1@/attachments/0/description"),
        set!(Full no "/attachments/0/contentType" => "XAPI-00105@/attachments/0"),
        set!(Full "/attachments/0/contentType" = "text" => "XAPI-00105@/attachments/0/contentType"),
        set!(Full "/attachments/0/contentType" = "text/" => "XAPI-00105@/attachments/0/contentType"),
        set!(Full "/attachments/0/contentType" = "te xt/plain" => "XAPI-00105@/attachments/0/contentType"),
        set!(Full no "/attachments/0/length" => "XAPI-00102@/attachments/0"),
        set!(Full "/attachments/0/length" = "27" => "XAPI-00102@/attachments/0/length"),
        set!(Full "/attachments/0/length" = (-1) => "XAPI-00102@/attachments/0/length"),
        set!(Full "/attachments/0/length" = 2.5 => "XAPI-00102@/attachments/0/length"),
        set!(Full no "/attachments/0/sha2" => "XAPI-00103@/attachments/0"),
        set!(Full "/attachments/0/sha2" = "0a1b2c3d" => "XAPI-00103@/attachments/0/sha2"),
        set!(Full "/attachments/0/sha2" = 1 => "XAPI-00103@/attachments/0/sha2"),
        set!(Full "/attachments/0/fileUrl" = 1 => "XAPI-00104@/attachments/0/fileUrl"),
        set!(Full "/attachments/0/name" = "x" => "XAPI-00010@/attachments/0/name"),
    ]
}
