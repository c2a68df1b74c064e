//! The table of endpoints of courses, with what their documentation says.

use super::receive::{FORM, RAW};
use super::routes::{self, COURSES_TAKE, PATH, VERSIONS_TAKE};
use super::show::{CourseShown, Preview, VersionShown, VersionWhole};
use crate::http::api::joined;
use crate::http::authority::{Administrator, ApiReader, ApiWriter};
use crate::http::openapi::{Answer, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Operation};
use axum::routing::{delete, get, post};
use serde_json::json;
use utoipa::openapi::{RefOr, Schema};

const READ: Access = Access::AnyOf(ApiReader::ANY_OF);
const WRITE: Access = Access::AnyOf(ApiWriter::ANY_OF);
const ADMIN: Access = Access::AnyOf(Administrator::ANY_OF);
const JSON: &[&str] = &["application/json"];

const ID: Parameter = Parameter {
    name: "id",
    place: Place::Path,
    required: true,
    description: "The `id` of the course.",
    schema: schemas::uuid,
};
const VERSION: Parameter = Parameter {
    name: "version",
    place: Place::Path,
    required: true,
    description: "The `number` of the version.",
    schema: schemas::count,
};
const ONE: &[Parameter] = &[ID];
const ONE_VERSION: &[Parameter] = &[ID, VERSION];

const COURSE: Payload = Payload { media: JSON, schema: schemas::of::<CourseShown> };

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        path: PATH,
        access: WRITE,
        operation: Operation::new("importCourse", "Import a course package")
            .says(
                "A cmi5 package (zip) or course structure (XML), told apart by what is in them. All \
                 of it is kept or nothing: 422 `package.invalid` lists everything that is wrong, \
                 with the requirement, the place and what mends it. A publisher's id that is a \
                 course already gets a new version; the same bytes again are the version that there \
                 is (200), which becomes the current one. Who is registered stays on their version.",
            )
            .takes(&[Parameter {
                name: "course",
                place: Place::Query,
                required: false,
                description: "Add a version to this course: 409 `course.other` if its publisher's \
                              id is another.",
                schema: schemas::uuid,
            }])
            .reads(Payload { media: RAW, schema: schemas::binary })
            .or_reads(Payload { media: &[FORM], schema: form })
            .gives(&[
                Answer {
                    status: 201,
                    description: "The course with its new version, whose place is in `Location`.",
                    body: Some(COURSE),
                },
                Answer {
                    status: 200,
                    description: "These bytes are a version already, whose place is in `Location`.",
                    body: Some(COURSE),
                },
            ])
            .refuses(&[404]),
        handler: || post(routes::create),
    },
    Endpoint {
        method: "GET",
        path: PATH,
        access: READ,
        operation: Operation::new("listCourses", "List the courses of this tenant")
            .takes(COURSES_TAKE)
            .gives(&[Answer {
                status: 200,
                description: "A page of courses.",
                body: Some(Payload { media: JSON, schema: schemas::page_of::<CourseShown> }),
            }]),
        handler: || get(routes::list),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/courses/{id}",
        access: READ,
        operation: Operation::new("getCourse", "Read a course").takes(ONE).gives(&[Answer {
            status: 200,
            description: "The course.",
            body: Some(COURSE),
        }]),
        handler: || get(routes::get),
    },
    Endpoint {
        method: "DELETE",
        path: "/api/v1/courses/{id}",
        access: ADMIN,
        operation: Operation::new("deleteCourse", "Delete a course")
            .says("It is no longer listed nor served. What learners did stays in the record.")
            .takes(ONE)
            .gives(&[Answer { status: 204, description: "It is deleted.", body: None }]),
        handler: || delete(routes::delete),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/courses/{id}/versions",
        access: READ,
        operation: Operation::new("listCourseVersions", "List the versions of a course")
            .takes(&joined::<{ ONE.len() + VERSIONS_TAKE.len() }>(ONE, VERSIONS_TAKE))
            .gives(&[Answer {
                status: 200,
                description: "A page of versions.",
                body: Some(Payload { media: JSON, schema: schemas::page_of::<VersionShown> }),
            }]),
        handler: || get(routes::versions),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/courses/{id}/versions/{version}",
        access: READ,
        operation: Operation::new("getCourseVersion", "Read a version of a course")
            .takes(ONE_VERSION)
            .gives(&[Answer {
                status: 200,
                description: "The version with its structure.",
                body: Some(Payload { media: JSON, schema: schemas::of::<VersionWhole> }),
            }]),
        handler: || get(routes::version),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/courses/{id}/versions/{version}/package",
        access: READ,
        operation: Operation::new("exportCourse", "Export a version as it was uploaded")
            .says("Byte for byte: extensions of others are in it too.")
            .takes(ONE_VERSION)
            .gives(&[Answer {
                status: 200,
                description: "The package, or the structure if that is what was uploaded.",
                body: Some(Payload {
                    media: &["application/zip", "application/xml"],
                    schema: schemas::binary,
                }),
            }]),
        handler: || get(routes::package),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/courses/{id}/versions/{version}/preview",
        access: ADMIN,
        operation: Operation::new("previewCourse", "Look at the files of a version")
            .says("Whoever has the address may read this version until it ends, and nothing else.")
            .takes(ONE_VERSION)
            .gives(&[Answer {
                status: 200,
                description: "Where the package is, on the content origin.",
                body: Some(Payload { media: JSON, schema: schemas::of::<Preview> }),
            }]),
        handler: || get(routes::preview),
    },
];

fn form() -> RefOr<Schema> {
    schemas::inline(json!({
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }))
}
