//! Every form is recognised, and what is wrong with one is said.

use super::*;

/// A PNG of 2 x 2 grey pixels.
fn png() -> &'static [u8] {
    include_bytes!("../../../nntop-engine/src/workload/pictures/grey.png")
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    dir
}

fn labels(set: &Dataset) -> Vec<(String, usize)> {
    let class = |item: &Item| match item.label {
        Label::Class(class) => (item.name.clone(), class),
        _ => panic!("{item:?}"),
    };
    set.items.iter().map(class).collect()
}

#[test]
fn folders_are_classes_in_their_order_or_in_a_list_s() {
    let files: [(&str, &[u8]); 3] = [("val/dog/1.png", png()), ("val/cat/1.PNG", png()), ("val/cat/notes.txt", b"x")];
    let dir = folder(&files);
    let set = Dataset::open(dir.path()).unwrap();
    assert_eq!(
        (set.classes.clone(), labels(&set)),
        (vec!["cat".into(), "dog".into()], vec![("val/cat/1.PNG".into(), 0), ("val/dog/1.png".into(), 1)])
    );
    let dir = folder(&files);
    std::fs::write(dir.path().join("classes.txt"), "dog\nfox\ncat\n").unwrap();
    let set = Dataset::open(dir.path()).unwrap();
    assert_eq!(labels(&set).iter().map(|l| l.1).collect::<Vec<_>>(), [2, 0]);
    assert!(matches!(set.items[0].read(), Ok(Input::Picture(_))));
}

#[test]
fn tables_have_heads_or_not_and_names_or_numbers() {
    let of = |table: &str, name: &str, more: &[(&str, &[u8])]| {
        let dir = folder(more);
        std::fs::write(dir.path().join(name), table).unwrap();
        labels(&Dataset::open(dir.path()).unwrap())
    };
    let two = |a: usize, b: usize| vec![("a.png".to_owned(), a), ("b.png".to_owned(), b)];
    assert_eq!(of("file,label,class_index\na.png,dog,7\nb.png,cat,3\n", "labels.csv", &[]), two(7, 3));
    assert_eq!(of("a.png,dog\nb.png,cat\n", "labels.csv", &[]), two(1, 0));
    assert_eq!(of("a.png 65\nb.png 970\n", "val.txt", &[]), two(65, 970));
    let synsets: [(&str, &[u8]); 1] = [("synset.txt", b"n01 tench, Tinca\nn02 goldfish\n")];
    assert_eq!(of("file,synset,name\na.png,n02,goldfish\nb.png,n01,tench\n", "labels.csv", &synsets), two(1, 0));
    let dir = folder(&[("labels.csv", b"file,label\na.png,\n")]);
    let wrong = Dataset::open(dir.path()).unwrap_err();
    assert!(wrong.message.contains("labels.csv: line 2: no file or no label"), "{wrong:?}");
}

#[test]
fn mlperf_tiny_has_windows_of_anomalies() {
    let dir = folder(&[("y_labels.csv", b"a.bin,2,0,8,4\nb.bin,2,1,8,4\n"), ("a.bin", &[0; 16]), ("b.bin", &[0; 7])]);
    let set = Dataset::open(dir.path()).unwrap();
    assert_eq!(set.items[1].label, Label::Anomaly(true));
    assert!(matches!(set.items[0].read(), Ok(Input::Bytes(windows)) if windows.len() == 3 && windows[2].len() == 8));
    assert!(set.items[1].read().unwrap_err().contains("7 bytes"));
}

#[test]
fn idx_files_belong_together() {
    let images =
        [&0x803u32.to_be_bytes()[..], &2u32.to_be_bytes(), &2u32.to_be_bytes(), &3u32.to_be_bytes(), &[7; 12]].concat();
    let of = |n: u32, labels: &[u8]| [&0x801u32.to_be_bytes()[..], &n.to_be_bytes(), labels].concat();
    let names = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
    let set = Dataset::open(folder(&[(names[0], &images), (names[1], &of(2, &[5, 9]))]).path()).unwrap();
    assert_eq!((set.kind, labels(&set)), ("IDX", vec![("0".into(), 5), ("1".into(), 9)]));
    assert!(matches!(set.items[1].read(), Ok(Input::Picture(p)) if p.size() == (3, 2)));
    let wrong = Dataset::open(folder(&[(names[0], &images), (names[1], &of(3, &[5, 9, 1]))]).path()).unwrap_err();
    assert!(wrong.message.contains("labels"), "{wrong:?}");
    let wrong = Dataset::open(folder(&[(names[0], &images[..20]), (names[1], &of(2, &[5, 9]))]).path()).unwrap_err();
    assert!(wrong.message.contains("4 bytes, not 2 pictures of 3 x 2"), "{wrong:?}");
}

#[test]
fn coco_and_pascal_have_the_same_objects() {
    let coco = br#"{"images":[{"id":3,"file_name":"a.png"},{"id":4,"file_name":"b.png"}],
        "annotations":[{"image_id":3,"category_id":18,"bbox":[1,2,3,4],"area":6,"iscrowd":1}],
        "categories":[{"id":18,"name":"dog"},{"id":2,"name":"cat"}]}"#;
    let dir = folder(&[("annotations/val.json", coco), ("images/a.png", png())]);
    let set = Dataset::open(dir.path()).unwrap();
    assert_eq!((set.kind, set.classes.clone(), set.items.len()), ("COCO", vec!["cat".to_owned(), "dog".into()], 2));
    let Label::Objects(objects) = &set.items[0].label else { panic!() };
    assert!(objects[0].class == 1 && objects[0].crowd && objects[0].area == 6.0);
    assert!(set.items[0].read().is_ok() && set.items[1].read().is_err());
    let voc = b"<annotation><filename>a.png</filename><object><name>dog</name><difficult>1</difficult>\
        <bndbox><xmin>1</xmin><ymin>2</ymin><xmax>4</xmax><ymax>6</ymax></bndbox></object></annotation>";
    let dir = folder(&[("Annotations/a.xml", voc), ("JPEGImages/a.png", png())]);
    let set = Dataset::open(dir.path()).unwrap();
    let Label::Objects(objects) = &set.items[0].label else { panic!() };
    assert!(objects[0].difficult && objects[0].rect.height == 4.0 && set.classes == ["dog"]);
    assert!(set.items[0].read().is_ok());
}

#[test]
fn a_limit_is_a_sample_by_the_seed() {
    let table: String = (0..50).map(|i| format!("{i}.png,{}\n", i % 3)).collect();
    let set = Dataset::open(folder(&[("labels.csv", table.as_bytes())]).path()).unwrap();
    let names = |seed| set.clone().limited(Some(5), seed).items.into_iter().map(|i| i.name).collect::<Vec<_>>();
    assert_eq!((names(1).len(), names(1)), (5, names(1)));
    assert_ne!(names(1), names(2));
    assert_eq!(set.clone().limited(None, 1).items[0].name, "0.png");
}

#[test]
fn what_is_left_out_is_the_sample_of_that_limit() {
    let table: String = (0..50).map(|i| format!("{i}.png,{}\n", i % 3)).collect();
    let set = Dataset::open(folder(&[("labels.csv", table.as_bytes())]).path()).unwrap();
    let names = |set: Dataset| set.items.into_iter().map(|i| i.name).collect::<std::collections::BTreeSet<_>>();
    for seed in 0..5 {
        let used = names(set.clone().limited(Some(20), seed));
        let rest = names(set.clone().without(20, None, seed));
        assert!(used.is_disjoint(&rest));
        assert_eq!((used.len(), rest.len(), used.union(&rest).count()), (20, 30, 50));
        assert!(names(set.clone().without(20, Some(7), seed)).is_subset(&rest));
    }
    assert_eq!(names(set.clone().without(0, None, 1)).len(), 50);
    assert_eq!(names(set.clone().without(50, None, 1)).len(), 50, "there is no rest");
}

#[test]
fn what_is_no_data_set_says_what_one_is() {
    let empty = tempfile::tempdir().unwrap();
    let wrong = Dataset::open(empty.path()).unwrap_err();
    assert!(wrong.message.contains("no labels were found") && wrong.hint.unwrap().contains("labels.csv"));
    assert!(Dataset::open(&empty.path().join("none")).unwrap_err().message.contains("no such file"));
}
